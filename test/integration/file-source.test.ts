import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Frame, Position } from '../../src/event/frame.ts'
import { openFileSource } from '../../src/source/file.ts'
import { maxLineBytes } from '../../src/source/file-lines.ts'
import { baseUs, commit } from '../support/events.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-source-'))
})
afterAll(() => rm(folder, { recursive: true }))

const lines = Array.from({ length: 3_000 }, (_, n) => JSON.stringify(commit({ atUs: n * 1_000 })))
const whole = Buffer.from(`${lines.join('\n')}\n`)

/** Two packed halves, one behind the other. */
function joined(pack: (bytes: Buffer) => Buffer): Buffer {
  const half = Math.floor(whole.length / 2)
  return Buffer.concat([pack(whole.subarray(0, half)), pack(whole.subarray(half))])
}

async function write(name: string, bytes: Buffer | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

async function read(path: string, position: Position | null = null): Promise<Frame[]> {
  const source = openFileSource({
    path,
    position,
    speed: 'max',
    signal: new AbortController().signal,
  })
  const chunks = await Array.fromAsync(source.chunks())
  expect(source.status().state).toBe('ended')
  expect(source.progress().bytesRead).toBe(source.progress().bytesTotal)
  return chunks.flatMap(({ frames }) => frames)
}

test.each([
  ['plain.jsonl', whole],
  ['packed.jsonl.gz', gzipSync(whole)],
  ['packed.jsonl.zst', zstdCompressSync(whole)],
  ['two-members.jsonl.gz', joined(gzipSync)],
  ['two-frames.jsonl.zst', joined(zstdCompressSync)],
  ['windows.jsonl', Buffer.from(lines.join('\r\n'))],
  ['no-last-end.jsonl', whole.subarray(0, -1)],
])('%s gives every line in order, numbered from 1', async (name, bytes) => {
  const frames = await read(await write(name, bytes))
  expect(frames.map((frame) => frame.bytes.toString())).toEqual(lines)
  expect(frames.map(({ position }) => position.seq)).toEqual(lines.map((_, n) => n + 1))
  expect(frames.at(-1)?.position).toMatchObject({ wire: 'v1', timeUs: baseUs + 2_999_000 })
})

test('goes on behind a position', async () => {
  const path = await write('resumed.jsonl', whole)
  const frames = await read(path)
  const rest = await read(path, frames[1_999]?.position ?? null)
  expect(rest.map(({ position }) => position.seq)).toEqual(
    frames.slice(2_000).map(({ position }) => position.seq),
  )
})

test('empty lines are passed over but counted, unreadable ones are handed on', async () => {
  const frames = await read(await write('odd.jsonl', `${lines[0]}\n\nnonsense\n${lines[1]}\n`))
  expect(frames.map(({ position }) => [position.seq, position.timeUs])).toEqual([
    [1, baseUs],
    [3, baseUs],
    [4, baseUs + 1_000],
  ])
})

test('a line that is too long is skipped and counted', async () => {
  const path = await write(
    'long.jsonl',
    `${lines[0]}\n"${'x'.repeat(maxLineBytes)}"\n${lines[1]}\n`,
  )
  const source = openFileSource({
    path,
    position: null,
    speed: 'max',
    signal: new AbortController().signal,
  })
  const frames = (await Array.fromAsync(source.chunks())).flatMap((chunk) => chunk.frames)
  expect(frames.map(({ position }) => position.seq)).toEqual([1, 3])
  expect(source.status().skipped).toEqual({ oversize: 1 })
})

test('a file cut off says behind which line, after handing on what came before', async () => {
  const packed = gzipSync(whole)
  const path = await write('cut.jsonl.gz', packed.subarray(0, packed.length - 2_000))
  const source = openFileSource({
    path,
    position: null,
    speed: 'max',
    signal: new AbortController().signal,
  })
  let frames = 0
  const reading = async () => {
    for await (const chunk of source.chunks()) frames += chunk.frames.length
  }
  await expect(reading()).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringMatching(/cut\.jsonl\.gz is damaged behind line \d+/),
  })
  expect(frames).toBeGreaterThan(0)
})

test('junk behind the packed lines is not passed over in silence', async () => {
  const path = await write(
    'junk.jsonl.zst',
    Buffer.concat([zstdCompressSync(whole), Buffer.from('more')]),
  )
  await expect(read(path)).rejects.toThrow(/junk\.jsonl\.zst is damaged behind line 3000/)
})

test('an unreadable line has the time of the line before it, also behind a position', async () => {
  const path = await write('odd-tail.jsonl', `${lines[7]}\nnonsense\n`)
  const [first, second] = await read(path)
  expect(second?.position.timeUs).toBe(first?.position.timeUs)
  expect(await read(path, first?.position)).toMatchObject([
    { position: { seq: 2, timeUs: first?.position.timeUs } },
  ])
})

test('a step of years in the recorded clock is not waited for', async () => {
  const years = 10 * 365 * 86_400_000_000
  const steps = [0, years, 1_000, -years].map((atUs) => JSON.stringify(commit({ atUs })))
  const source = openFileSource({
    path: await write('steps.jsonl', ['nonsense', ...steps].join('\n')),
    position: null,
    speed: 'recorded',
    signal: new AbortController().signal,
  })
  const chunks = await Array.fromAsync(source.chunks())
  expect(chunks.flatMap(({ frames }) => frames)).toHaveLength(5)
})

test('a missing file is named', async () => {
  await expect(read(join(folder, 'nowhere.jsonl'))).rejects.toThrow(
    /cannot read .*nowhere\.jsonl: ENOENT/,
  )
})

test('keeps the pace of the recording, or a multiple of it', async () => {
  const path = await write(
    'paced.jsonl',
    [0, 100, 200].map((ms) => JSON.stringify(commit({ atUs: ms * 1_000 }))).join('\n'),
  )
  const source = openFileSource({
    path,
    position: null,
    speed: 2,
    signal: new AbortController().signal,
  })
  const started = performance.now()
  const arrivals: number[] = []
  for await (const chunk of source.chunks()) {
    arrivals.push(...chunk.frames.map(() => performance.now() - started))
  }
  expect(arrivals[1]).toBeGreaterThan(45)
  expect(arrivals[2]).toBeGreaterThan(95)
})
