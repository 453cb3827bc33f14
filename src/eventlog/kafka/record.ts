import type { KafkaRecord, MessageToProduce } from '@platformatic/kafka'
import type { Frame, Gap, Position, Wire } from '../../event/frame.ts'
import { readFrameAccount } from '../../event/frame-account.ts'

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
  return account === null ? { ...message, partition: 0 } : { ...message, key: Buffer.from(account) }
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

/** The reverse. What others may have put into the topic comes out as a frame that the decoder sets aside. */
export function readEntry({ value, headers }: KafkaRecord, arrivedUs: number): LogEntry {
  let host = ''
  let wire: Wire = 'v1'
  let place = ''
  let receivedUs = arrivedUs
  let kind: LogEntry['kind'] = 'frame'
  for (const [name, content] of headers) {
    const text = content?.toString('latin1') ?? ''
    switch (name?.toString('latin1')) {
      case 'host':
        host = text
        break
      case 'wire':
        wire = text === 'v2' ? 'v2' : 'v1'
        break
      case 'position':
        place = text
        break
      case 'received':
        receivedUs = readNumber(text) ?? arrivedUs
        break
      case 'gap':
        kind = 'gap'
        break
      case 'watermark':
        kind = 'watermark'
        break
    }
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
    [names.host, Buffer.from(host)],
    [names.wire, Buffer.from(wire)],
    [names.position, Buffer.from(`${seq ?? ''}/${timeUs}/${epoch}`, 'latin1')],
  ])
}

function readPosition(text: string, host: string, wire: Wire): Position {
  const [seq = '', timeUs = '', epoch = ''] = text.split('/')
  return {
    host,
    wire,
    seq: readNumber(seq),
    timeUs: readNumber(timeUs) ?? 0,
    epoch: readNumber(epoch) ?? 0,
  }
}

function readNumber(text: string): number | null {
  const number = Number(text)
  return text !== '' && Number.isSafeInteger(number) ? number : null
}

function readGap(bytes: Buffer): Gap | null {
  try {
    const gap = JSON.parse(bytes.toString()) as Gap
    return Number.isSafeInteger(gap.fromUs) && Number.isSafeInteger(gap.toUs) ? gap : null
  } catch {
    return null // not ours: it is set aside as the frame that it is not
  }
}
