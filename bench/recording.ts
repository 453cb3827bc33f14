import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Chunk } from '../src/event/frame.ts'
import { openFileSource } from '../src/source/file.ts'
import { generateFrames } from '../src/source/synthetic/recording.ts'

/** Five recorded minutes of the network, where the checkout has them beside it. */
const recorded = fileURLToPath(
  new URL('../../shared/data/firehose-5min.jsonl.zst', import.meta.url),
)

export interface Recording {
  readonly path: string
  readonly what: string
}

/** The recorded minutes, or synthetic ones that are made in the folder. */
export async function findRecording(folder: string): Promise<Recording> {
  if (existsSync(recorded)) return { path: recorded, what: 'five recorded minutes' }
  const path = join(folder, 'synthetic.jsonl')
  const from = Math.floor(Date.UTC(2026, 6, 4, 14) / 1_000)
  const lines = generateFrames({ seed: 1, rate: 300, mix: '2026-07' }, from, from + 600)
  await writeFile(path, [...lines].map(({ bytes }) => `${bytes}\n`).join(''))
  return { path, what: 'ten synthetic minutes (there is no recording beside this checkout)' }
}

/** All of a recording, cut as a source cuts it. */
export function readChunks(path: string): Promise<Chunk[]> {
  const { signal } = new AbortController()
  return Array.fromAsync(openFileSource({ path, position: null, speed: 'max', signal }).chunks())
}
