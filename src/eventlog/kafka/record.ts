import type { KafkaRecord, MessageToProduce } from '@platformatic/kafka'
import type { Frame, Gap, Position, Wire } from '../../event/frame.ts'
import { readFrameAccount } from '../../event/frame-account.ts'
import { isSame, LastName } from './header-bytes.ts'
import { keyHash } from './key-hash.ts'

/** What a message of the topic can be: mostly a frame. */
export type LogEntry =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'watermark'; readonly position: Position }

const names = {
  host: Buffer.from('host'),
  wire: Buffer.from('wire'),
  position: Buffer.from('position'),
  received: Buffer.from('received'),
  gap: Buffer.from('gap'),
  watermark: Buffer.from('watermark'),
} as const

const nothing = Buffer.alloc(0)
const v1 = Buffer.from('v1')
const v2 = Buffer.from('v2')
const hosts = new LastName()
const slash = 0x2f
const zero = 0x30

/**
 * A frame as a message: its bytes as they came, keyed by the account, so that a partition has all of an account in order.
 * Headers: `host`, `wire`, `position` (seq, time in µs and epoch, separated by slashes) and `received` (µs). One that names
 * no account goes to partition 0.
 */
export function frameMessage(frame: Frame, topic: string): MessageToProduce {
  const account = readFrameAccount(frame.bytes, frame.position.wire)
  const headers = positionHeaders(frame.position)
  headers.set(names.received, Buffer.from(String(frame.receivedUs), 'latin1'))
  const message = { topic, value: frame.bytes, headers }
  if (account === null) return { ...message, partition: 0 }
  const key = Buffer.from(account)
  return { ...message, key, partition: keyHash(key) } // the client takes it modulo the partitions there are
}

/** A gap as a message, header `gap`, to partition 0. */
export function gapMessage(gap: Gap, topic: string): MessageToProduce {
  const headers = new Map([[names.gap, nothing]])
  return { topic, partition: 0, value: Buffer.from(JSON.stringify(gap)), headers }
}

/**
 * Says that everything of a source up to a position lies before this message, header `watermark`: what a partition that no
 * event falls into would otherwise not know.
 */
export function watermarkMessage(
  position: Position,
  topic: string,
  partition: number,
): MessageToProduce {
  const headers = positionHeaders(position)
  headers.set(names.watermark, nothing)
  return { topic, partition, value: nothing, headers }
}

/**
 * The reverse. What others may have put into the topic comes out as a frame that the decoder sets aside. Headers are compared
 * and numbers read byte by byte: making texts of them costs as much as all the rest (hot path).
 */
export function readEntry({ value, headers }: KafkaRecord, arrivedUs: number): LogEntry {
  let host = ''
  let wire: Wire = 'v1'
  let place: Buffer = nothing
  let receivedUs = arrivedUs
  let kind: LogEntry['kind'] = 'frame'
  for (const [name, content] of headers) {
    if (!name) continue
    if (isSame(name, names.host)) host = hosts.text(content ?? nothing)
    else if (isSame(name, names.wire)) wire = content && isSame(content, v2) ? 'v2' : 'v1'
    else if (isSame(name, names.position)) place = content ?? nothing
    else if (isSame(name, names.received)) {
      receivedUs = (content && readNumber(content, 0, content.length)) ?? arrivedUs
    } else if (isSame(name, names.gap)) kind = 'gap'
    else if (isSame(name, names.watermark)) kind = 'watermark'
  }
  const bytes = value ?? nothing
  const gap = kind === 'gap' ? readGap(bytes) : null
  if (gap) return { kind: 'gap', gap }
  const position = readPosition(place, host, wire)
  return kind === 'watermark'
    ? { kind, position }
    : { kind: 'frame', frame: { bytes, position, receivedUs } }
}

function positionHeaders({ host, wire, seq, timeUs, epoch }: Position): Map<Buffer, Buffer> {
  return new Map([
    [names.host, hosts.bytes(host)],
    [names.wire, wire === 'v2' ? v2 : v1],
    [names.position, Buffer.from(`${seq ?? ''}/${timeUs}/${epoch}`, 'latin1')],
  ])
}

function readPosition(content: Buffer, host: string, wire: Wire): Position {
  const first = content.indexOf(slash)
  const second = content.indexOf(slash, first + 1)
  if (first < 0 || second < 0) return { host, wire, seq: null, timeUs: 0, epoch: 0 }
  return {
    host,
    wire,
    seq: readNumber(content, 0, first),
    timeUs: readNumber(content, first + 1, second) ?? 0,
    epoch: readNumber(content, second + 1, content.length) ?? 0,
  }
}

/** A whole number of digits that is exact, or null. */
function readNumber(bytes: Buffer, from: number, to: number): number | null {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return null
    number = number * 10 + digit
  }
  return to > from && Number.isSafeInteger(number) ? number : null
}

function readGap(bytes: Buffer): Gap | null {
  try {
    const gap = JSON.parse(bytes.toString()) as Gap
    return Number.isSafeInteger(gap.fromUs) && Number.isSafeInteger(gap.toUs) ? gap : null
  } catch {
    return null // not ours: it is set aside as the frame that it is not
  }
}
