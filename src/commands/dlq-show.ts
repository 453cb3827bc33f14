import { AppError } from '../errors.ts'
import { formatTimeUs } from '../event/time.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { readDeadLetter } from '../store/dead-letters.ts'
import type { DatabaseFlags } from './command-context.ts'
import { openDlq, requireId } from './dlq.ts'
import { cleanText } from './terminal-text.ts'

const bytesPerLine = 16
const mostHexBytes = 4_096

/** One message with its bytes: as text where they are text, else as hexadecimal. Throws `NOT_FOUND`. */
export async function dlqShow(id: string, flags: DatabaseFlags): Promise<void> {
  requireId(id)
  await using dlq = await openDlq(flags)
  const message = await readDeadLetter(dlq.db, id)
  if (!message) {
    throw new AppError('NOT_FOUND', `there is no message ${id}`, { hint: 'dlq list shows them.' })
  }
  const { content, exact, ...rest } = message
  const text = readText(content)
  if (flags.json) {
    const encoded = text === null ? { hex: content.toString('hex') } : { text }
    console.log(JSON.stringify({ ...rest, exact, ...encoded }, null, 2))
    return
  }
  const lines = [
    ['id', rest.id],
    ['reason', rest.reason],
    ['host', rest.host],
    ['wire', rest.wire + (rest.seq === null ? '' : `, seq ${rest.seq}`)],
    ['account', rest.did ?? 'not readable'],
    ['kind', rest.kind ?? 'not readable'],
    ['time', rest.timeUs === null ? 'not readable' : formatTimeUs(rest.timeUs)],
    ['set aside', rest.setAsideAt.toISOString()],
    ['dealt with', rest.dealtWithAt?.toISOString() ?? 'not yet'],
    ['bytes', `${formatCount(content.length)}${exact ? '' : ', as jsonb has kept them'}`],
  ]
  for (const [name = '', value = ''] of lines) console.log(`${name.padEnd(11)}${cleanText(value)}`)
  console.log('')
  console.log(text === null ? formatHex(content) : cleanText(text))
}

/** Null where the bytes are no UTF-8, or hold what no terminal should get. */
function readText(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return /[^\P{Cc}\t\r\n]/u.test(text) ? null : text
  } catch {
    return null
  }
}

function formatHex(bytes: Buffer): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, mostHexBytes); at += bytesPerLine) {
    const line = bytes.subarray(at, at + bytesPerLine)
    const hex = line.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ')
    const plain = line.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(bytesPerLine * 3 - 1)}  ${plain}`)
  }
  if (bytes.length > mostHexBytes) lines.push('… --json has all of it')
  return lines.join('\n')
}
