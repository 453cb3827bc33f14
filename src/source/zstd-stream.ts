import { createZstdDecompress, type ZstdDecompress } from 'node:zlib'

/**
 * Unpacks zstd frames that follow one another (`cat a.zst b.zst`, or a parallel packer's output) as one stream. Node's own
 * decompressor ends without a word behind the first frame that ends within a block of input, and drops the rest; so what it
 * left of a block goes to the next decompressor. Throws where the bytes are damaged or cut off.
 */
export async function* unpackZstd(
  packed: AsyncIterable<Buffer>,
  blockBytes: number,
): AsyncGenerator<Buffer> {
  const blocks = packed[Symbol.asyncIterator]()
  let rest: Buffer | null = null
  try {
    do {
      const unpacker = createZstdDecompress({ chunkSize: blockBytes })
      const fed = feed(unpacker, blocks, rest)
      yield* unpacker
      rest = await fed
    } while (rest !== null)
  } finally {
    await blocks.return?.()
  }
}

/** Gives blocks to a decompressor until it ends before they do: what it left of the last one, or null at the end. */
async function feed(
  unpacker: ZstdDecompress,
  blocks: AsyncIterator<Buffer>,
  first: Buffer | null,
): Promise<Buffer | null> {
  let given = 0
  try {
    for (let block = first ?? (await next(blocks)); block; block = await next(blocks)) {
      given += block.length
      const { promise: written, resolve } = Promise.withResolvers<unknown>()
      // Where the reader goes away this may never be called, and nobody waits for the rest.
      unpacker.write(block, resolve)
      if (await written) return null // the error comes out where the unpacked bytes are read
      const left = given - unpacker.bytesWritten
      if (left > 0) return block.subarray(block.length - left)
    }
    unpacker.end()
  } catch (error) {
    unpacker.destroy(error as Error) // comes out there, too
  }
  return null
}

async function next(blocks: AsyncIterator<Buffer>): Promise<Buffer | null> {
  const { done, value } = await blocks.next()
  return done ? null : value
}
