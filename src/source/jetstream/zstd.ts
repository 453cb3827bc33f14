import { readFile } from 'node:fs/promises'
import { zstdDecompressSync } from 'node:zlib'
import { AppError } from '../../errors.ts'

/** A compression dictionary: both ends must hold the same. */
export interface Dictionary {
  readonly id: number
  readonly bytes: Buffer
}

const dictionaryMagic = 0xec30a437
const maxDictionaryBytes = 1_048_576

/** The dictionary of the v1 wire. No host hands it out, so it ships with the program (`zstd-v1.md` says from where). */
export async function loadV1Dictionary(): Promise<Dictionary> {
  return readDictionary(await readFile(new URL('./zstd-v1.zdict', import.meta.url)))
}

/** The dictionary that a v2 host compresses with at present. Throws `SOURCE_UNREACHABLE` where it gives none. */
export async function fetchDictionary(url: string, signal: AbortSignal): Promise<Dictionary> {
  try {
    const response = await fetch(url, { signal })
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of response.body) {
      length += part.length
      if (length > maxDictionaryBytes) throw new Error(`more than ${maxDictionaryBytes} bytes`)
      parts.push(part)
    }
    return readDictionary(Buffer.concat(parts))
  } catch (cause) {
    throw new AppError('SOURCE_UNREACHABLE', `No compression dictionary from ${url}: ${cause}`, {
      cause,
    })
  }
}

/** Checks the head of a zstd dictionary (magic number, then id, little-endian) and returns it with its id. */
export function readDictionary(bytes: Buffer): Dictionary {
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== dictionaryMagic) {
    throw new Error('these bytes are no zstd dictionary')
  }
  return { id: bytes.readUInt32LE(4), bytes }
}

/**
 * One message, one zstd frame, one text: the messages of a host are never joined, since zlib would return only the
 * first. Synchronous on purpose: 28 µs, less than a trip through the thread pool, and the order stays. `oversize` where
 * the text would exceed `maxBytes`, `broken` where it does not decompress with this dictionary.
 */
export function decompressMessage(
  bytes: Buffer,
  dictionary: Dictionary,
  maxBytes: number,
): Buffer | 'oversize' | 'broken' {
  try {
    return zstdDecompressSync(bytes, { dictionary: dictionary.bytes, maxOutputLength: maxBytes })
  } catch (error) {
    return error instanceof RangeError ? 'oversize' : 'broken'
  }
}
