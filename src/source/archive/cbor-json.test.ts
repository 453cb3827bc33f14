import { encode } from 'cborg'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cborToJson } from './cbor-json.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

describe('DAG-CBOR as JSON', () => {
  test('any JSON without fractions comes back as it was', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
      ),
    })).value
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(cborToJson(encode(value)) ?? '')).toEqual(value)
      }),
    )
  })

  test.each([
    ['keys are sorted', { bb: 1, a: 2, $type: 'x' }, '{"$type":"x","a":2,"bb":1}'],
    [
      'what HTML would read is escaped',
      ['<b>&"\\\u2028'],
      '["\\u003cb\\u003e\\u0026\\"\\\\\\u2028"]',
    ],
    ['control characters are escaped', ['\0\n\u001f\u007f'], '["\\u0000\\n\\u001f\u007f"]'],
    [
      'integers keep all their digits',
      [2n ** 63n - 1n, -(2n ** 63n)],
      '[9223372036854775807,-9223372036854775808]',
    ],
    ['bytes are base 64 without padding', { b: Buffer.from('a') }, '{"b":{"$bytes":"YQ"}}'],
    [
      'a text that begins with a byte-order mark keeps it',
      ['\ufeffa', `\ufeff${'x'.repeat(40)}`],
      `["\ufeffa","\ufeff${'x'.repeat(40)}"]`,
    ],
    ['a replacement character that was written stays', ['\ufffd'], '["\ufffd"]'],
    ['nothing is empty', [{}, []], '[{},[]]'],
  ])('%s', (_name, value, expected) => {
    expect(cborToJson(encode(value))).toBe(expected)
  })

  test('a key of every object is a key like any other', () => {
    const json = cborToJson(bytes('a1 69 5f5f70726f746f5f5f a1 61 78 01')) ?? ''
    expect(json).toBe('{"__proto__":{"x":1}}')
  })

  test('a link is its CID', () => {
    const cid = `0171 1220 ${'00'.repeat(31)}ff`
    expect(cborToJson(bytes(`a1 61 72 d8 2a 58 25 00 ${cid}`))).toBe(
      `{"r":{"$link":"bafyrei${'a'.repeat(50)}74"}}`,
    )
  })

  test.each([
    ['nothing', ''],
    ['a float', 'fb 3ff8000000000000'],
    ['undefined', 'f7'],
    ['an unsigned number beyond 64 bits with a sign', '1b ffffffffffffffff'],
    ['a number that is longer than it has to be', '18 01'],
    ['another tag', 'c1 1a 514b67b0'],
    ['a link that is no CID', 'd8 2a 42 00 01'],
    ['a link that is a text', 'd8 2a 61 61'],
    ['a repeated key', 'a2 61 61 01 61 61 02'],
    ['a key that is a number', 'a1 01 02'],
    ['a map of unknown length', 'bf ff'],
    ['an array that is cut off', '83 01 02'],
    ['more than one value', '01 02'],
    ['a text longer than the rest', '7a ffffffff 61'],
    ['an array of four thousand million', '9a ffffffff 01'],
    ['a text that is no UTF-8', '62 c3 28'],
    ['a simple value', 'f8 20'],
  ])('%s is none', (_name, hex) => {
    expect(cborToJson(bytes(hex))).toBeNull()
  })

  test('nested deeper than the host itself follows is none, however deep', () => {
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth - 1, 0x81), bytes('01')])
    expect(cborToJson(nested(128))).toBe(`${'['.repeat(127)}1${']'.repeat(127)}`)
    expect(cborToJson(nested(129))).toBeNull()
    expect(cborToJson(nested(1_000_000))).toBeNull()
  })

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
        const json = cborToJson(payload)
        if (json !== null) JSON.parse(json)
      }),
      { numRuns: 2_000 },
    )
  })
})
