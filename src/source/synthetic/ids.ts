import type { Draws } from './draws.ts'

const sortable = codes('234567abcdefghijklmnopqrstuvwxyz')
const base32 = codes('abcdefghijklmnopqrstuvwxyz234567')
/** Text is put together here and copied out at once: a third of the time that joining characters takes. */
const scratch = Buffer.alloc(64)

/** The TID of a time (µs since 1970) whose last two characters are given; as `formatTid`, for the hot path. */
export function tidText(us: number, clock: string): string {
  putDigits(us % 0x2000000, 6, 5, sortable)
  const upper = Math.floor(us / 0x2000000)
  putDigits(upper % 0x2000000, 1, 5, sortable)
  putDigits(Math.floor(upper / 0x2000000), 0, 1, sortable)
  return scratch.toString('latin1', 0, 11) + clock
}

/** A DID of the form `did:plc:` + 24 characters, from 120 bits. */
export function didText(draws: Draws): string {
  for (let at = 0; at < 24; at += 6) putDigits(draws.int32() & 0x3fffffff, at, 6, base32)
  return `did:plc:${scratch.toString('latin1', 0, 24)}`
}

/**
 * A CID (version 1, SHA-256) in base 32, well formed but of nothing: hashing each record would cost more than making it.
 * `record` is DAG-CBOR, `blob` raw bytes.
 */
export function cidText(draws: Draws, codec: 'record' | 'blob'): string {
  // 36 bytes are 57.6 digits: the digest's first three bits fill up a digit, its last three are padded with two zeros.
  putDigits(draws.int32() & 7, 0, 1, base32)
  for (let at = 1; at < 49; at += 6) putDigits(draws.int32() & 0x3fffffff, at, 6, base32)
  putDigits(draws.int32() & 0x3ff, 49, 2, base32)
  putDigits((draws.int32() & 7) << 2, 51, 1, base32)
  return (codec === 'record' ? 'bafyrei' : 'bafkrei') + scratch.toString('latin1', 0, 52)
}

function putDigits(value: number, at: number, length: number, alphabet: Uint8Array): void {
  let rest = value
  for (let i = at + length - 1; i >= at; i--) {
    scratch[i] = alphabet[rest & 31] as number
    rest >>= 5
  }
}

function codes(alphabet: string): Uint8Array {
  return Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
}
