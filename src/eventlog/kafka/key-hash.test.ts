import { compatibilityPartitioner } from '@platformatic/kafka'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyHash } from './key-hash.ts'

test("is the hash that Kafka's clients agree on", () => {
  const message = { topic: 't', value: null }
  const keys = fc.uint8Array({ minLength: 1, maxLength: 70 })
  fc.assert(
    fc.property(keys, (bytes) => {
      const key = Buffer.from(bytes)
      expect(keyHash(key)).toBe(compatibilityPartitioner(message as never, key))
    }),
  )
})

// From the tests of Apache Kafka itself (UtilsTest.testMurmur2), which knows the signed number.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('of %j is %i', (text, signed) => {
  expect(keyHash(Buffer.from(text))).toBe(signed & 0x7fffffff)
})
