import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTid, isTid } from '../../event/tid.ts'
import { Draws } from './draws.ts'
import { cidText, didText, tidText } from './ids.ts'

test('the fast TID is the readable one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 53 - 1 }),
      fc.integer({ min: 0, max: 1_023 }),
      (us, clock) => {
        const slow = formatTid(us, clock)
        expect(tidText(us, slow.slice(-2))).toBe(slow)
        expect(isTid(slow)).toBe(true)
      },
    ),
  )
})

test('DIDs are did:plc of 24 characters and do not repeat', () => {
  const draws = new Draws(1)
  const dids = Array.from({ length: 5_000 }, (_, i) => didText(draws.at(1, i, 0)))
  expect(dids.every((did) => /^did:plc:[a-z2-7]{24}$/.test(did))).toBe(true)
  expect(new Set(dids).size).toBe(dids.length)
})

test.each([
  ['record', 0x71],
  ['blob', 0x55],
] as const)('a %s CID decodes to version 1, its codec and 32 bytes of SHA-256', (codec, code) => {
  const bytes = decodeBase32(cidText(new Draws(2).at(1, 2, 3), codec))
  expect([...bytes.subarray(0, 4)]).toEqual([1, code, 0x12, 0x20])
  expect(bytes.length).toBe(36)
})

/** The bytes of a multibase base-32 text; throws where the padding bits are not zero. */
function decodeBase32(text: string): Uint8Array {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const bits = [...text.slice(1)]
    .map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0'))
    .join('')
  const whole = bits.length - (bits.length % 8)
  expect(Number(`0b0${bits.slice(whole)}`)).toBe(0)
  return Uint8Array.from({ length: whole / 8 }, (_, i) =>
    Number(`0b${bits.slice(i * 8, i * 8 + 8)}`),
  )
}
