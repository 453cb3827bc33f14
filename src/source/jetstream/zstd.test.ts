import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompressMessage, readDictionary } from './zstd.ts'

const head = Buffer.from('37a430ec0a0b0c00', 'hex')

test('reads the id of a dictionary and refuses other bytes', () => {
  expect(readDictionary(head).id).toBe(0x0c0b0a)
  for (const bytes of [head.subarray(1), Buffer.alloc(0), Buffer.from('<html>Not Found')]) {
    expect(() => readDictionary(bytes)).toThrow('no zstd dictionary')
  }
})

test('says why a message cannot be read', () => {
  // Without the magic number zlib takes the bytes as raw content: enough for what is tested here.
  const dictionary = { id: 1, bytes: Buffer.from('some raw content') }
  const bytes = zstdCompressSync(Buffer.alloc(5000, 'x'))
  expect(decompressMessage(bytes, dictionary, 5000)).toEqual(Buffer.alloc(5000, 'x'))
  expect(decompressMessage(bytes, dictionary, 4999)).toBe('oversize')
  expect(decompressMessage(bytes.subarray(0, 10), dictionary, 5000)).toBe('broken')
  expect(decompressMessage(Buffer.from('{"plain":"text"}'), dictionary, 5000)).toBe('broken')
})
