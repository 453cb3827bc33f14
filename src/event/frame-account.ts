import type { Wire } from './frame.ts'

// As in position.ts: v1 frames begin with the account; in v2 frames it stands in the payload before any record, whose text
// could hold anything. What comes in another shape is parsed whole.
const v1Head = /^\{"did":"([^"\\]{1,2048})"/
const v2Head =
  /^\{"\$type":"message","payload":\{(?:(?!"record":|"commit":|"identity":|"account":|"sync":)[^{])*?"did":"([^"\\]{1,2048})"/
const headBytes = 512

/**
 * The account (DID) that a frame is about, as it says, without decoding it: what keeps the events of an account in order when
 * a log has several partitions. Null where it names none. Never throws.
 */
export function readFrameAccount(bytes: Buffer, wire: Wire): string | null {
  const head = bytes.toString('latin1', 0, Math.min(headBytes, bytes.length))
  return (wire === 'v1' ? v1Head : v2Head).exec(head)?.[1] ?? readParsedAccount(bytes)
}

function readParsedAccount(bytes: Buffer): string | null {
  try {
    const message: unknown = JSON.parse(bytes.toString())
    const did: unknown = Object(message).did ?? Object(Object(message).payload).did
    return typeof did === 'string' && did !== '' ? did : null
  } catch {
    return null // not JSON: it belongs to nobody, and is set aside later
  }
}
