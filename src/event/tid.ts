const alphabet = '234567abcdefghijklmnopqrstuvwxyz'

/** Value of each character code in the sortable base-32 alphabet, 255 where it is none. */
const digits = new Uint8Array(128).fill(255)
for (let i = 0; i < 32; i++) digits[alphabet.charCodeAt(i)] = i

const firstSaneMs = Date.UTC(2022, 10, 1)
const lastSaneMs = Date.UTC(2100, 0, 1)

/** A TID as its two halves of 32 bits, big end first: the 64-bit number without a BigInt. */
export interface TidHalves {
  readonly high: number
  readonly low: number
}

/**
 * Whether a text is a TID: 13 characters of the sortable base-32 alphabet, top bit clear.
 * @see https://atproto.com/specs/tid
 */
export function isTid(text: string): boolean {
  if (text.length !== 13) return false
  const first = digit(text, 0)
  if (first > 15) return false
  for (let i = 1; i < 13; i++) if (digit(text, i) > 31) return false
  return true
}

/** The 64-bit number of a TID; compares like the text. The caller has checked `isTid`. */
export function readTidHalves(tid: string): TidHalves {
  let upper = 0
  for (let i = 0; i < 7; i++) upper = upper * 32 + digit(tid, i)
  let lower = 0
  for (let i = 7; i < 13; i++) lower = lower * 32 + digit(tid, i)
  return { high: Math.floor(upper / 4), low: (upper % 4) * 0x40000000 + lower }
}

/** Microseconds since 1970 in a TID, or null where the text is no TID or beyond 2^53. */
export function readTidUs(text: string): number | null {
  if (!isTid(text)) return null
  let us = 0
  for (let i = 0; i < 11; i++) us = us * 32 + digit(text, i)
  return us <= Number.MAX_SAFE_INTEGER ? us : null
}

/**
 * Milliseconds in a record key's TID where they are a date this network can have (2022-11 to 2099), else 0.
 * The bounds are fixed, not relative to now, because ids are made from the answer and must never change.
 */
export function readRkeyMs(rkey: string): number {
  const us = readTidUs(rkey)
  if (us === null) return 0
  const ms = Math.floor(us / 1000)
  return ms >= firstSaneMs && ms < lastSaneMs ? ms : 0
}

/** The TID of a time (µs since 1970) and a clock id (0 to 1,023). */
export function formatTid(us: number, clockId: number): string {
  let tid = ''
  let rest = clockId
  for (let i = 0; i < 2; i++) {
    tid = (alphabet[rest % 32] ?? '') + tid
    rest = Math.floor(rest / 32)
  }
  rest = us
  for (let i = 0; i < 11; i++) {
    tid = (alphabet[rest % 32] ?? '') + tid
    rest = Math.floor(rest / 32)
  }
  return tid
}

function digit(text: string, index: number): number {
  return digits[text.charCodeAt(index)] ?? 255
}
