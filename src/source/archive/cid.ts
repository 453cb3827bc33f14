import { hash } from 'node:crypto'

const digits = 'abcdefghijklmnopqrstuvwxyz234567'
/** Both digits of ten bits: half as many look-ups (hot path). */
const pairs = Array.from({ length: 1024 }, (_, n) => digits.charAt(n >>> 5) + digits.charAt(n & 31))
/** CIDv1, DAG-CBOR, SHA-256, 32 bytes. */
const recordHead = [1, 0x71, 0x12, 0x20] as const
const cidBytes = 36

/** CID of a record: of the DAG-CBOR bytes as they are in the repository. */
export function recordCid(payload: Uint8Array): string {
  const cid = Buffer.allocUnsafe(cidBytes)
  cid.set(recordHead)
  cid.set(hash('sha256', payload, 'buffer'), recordHead.length)
  return formatCid(cid)
}

/** The text of a CID of 36 bytes: multibase `b`, that is base 32 in lower case without padding. */
export function formatCid(bytes: Uint8Array): string {
  let text = 'b'
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    if (bits < 10) continue
    bits -= 10
    text += pairs[value >>> bits]
    value &= (1 << bits) - 1
  }
  return text + pairs[value << 2] // 8 bits are left, and filled up with zeros
}

/** Whether bytes are a CID that atproto allows: version 1, DAG-CBOR or raw, SHA-256. */
export function isCid(bytes: Uint8Array): boolean {
  return (
    bytes.length === cidBytes &&
    bytes[0] === 1 &&
    (bytes[1] === 0x71 || bytes[1] === 0x55) &&
    bytes[2] === 0x12 &&
    bytes[3] === 0x20
  )
}
