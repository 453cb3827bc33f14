import { expect, test } from 'vitest'
import type { Chunk, Frame, Position } from '../../event/frame.ts'
import { generateFrames } from './recording.ts'
import { openSynthetic, type SyntheticOptions } from './synthetic.ts'

const nowMs = Date.UTC(2026, 6, 4, 15, 40, 30, 400)
const historyMs = 60_000
const network = { seed: 5, rate: 40, mix: '2026-07' } as const

function open(options: Partial<SyntheticOptions> = {}) {
  return openSynthetic({
    ...network,
    position: null,
    historyMs,
    speed: 'max',
    signal: new AbortController().signal,
    now: () => nowMs,
    ...options,
  })
}

const texts = (frames: readonly Frame[]) => frames.map(({ bytes }) => bytes.toString())
const readAll = async (options?: Partial<SyntheticOptions>): Promise<Chunk[]> =>
  Array.fromAsync(open(options).chunks())
const framesOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ frames }) => frames)

test('begins as far back as asked and ends with the present', async () => {
  const frames = framesOf(await readAll())
  const first = Math.floor((nowMs - historyMs) / 1_000)
  const all = [...generateFrames(network, first, first + 62)]
  expect(texts(frames)).toEqual(
    texts(all.filter(({ position }) => position.timeUs < nowMs * 1_000)),
  )
  expect(frames[0]).toMatchObject({
    position: { host: 'synthetic:5', wire: 'v1', seq: null, epoch: 0 },
    receivedUs: nowMs * 1_000,
  })
})

test('goes on exactly behind any position: no frame twice, none missing', async () => {
  const all = framesOf(await readAll())
  for (const at of [0, 1, 700, all.length - 2]) {
    const rest = await readAll({ position: all[at]?.position ?? null })
    expect(rest.flatMap(({ gaps }) => gaps)).toEqual([])
    expect(texts(framesOf(rest))).toEqual(texts(all.slice(at + 1)))
  }
})

test('a position from before the history leaves a gap up to where it begins', async () => {
  const timeUs = (nowMs - 3 * historyMs) * 1_000
  const position: Position = { host: 'synthetic:5', wire: 'v1', seq: null, timeUs, epoch: 0 }
  const chunks = await readAll({ position })
  const toUs = Math.floor((nowMs - historyMs) / 1_000) * 1e6
  expect(chunks[0]).toEqual({
    frames: [],
    gaps: [{ host: 'synthetic:5', fromUs: timeUs + 1, toUs, reason: 'offline' }],
  })
  expect(texts(framesOf(chunks))).toEqual(texts(framesOf(await readAll())))
})

test('ends before the given time', async () => {
  const untilUs = (nowMs - 30_000) * 1_000
  const frames = framesOf(await readAll({ untilUs }))
  const all = framesOf(await readAll())
  expect(texts(frames)).toEqual(texts(all.filter(({ position }) => position.timeUs < untilUs)))
})

test('live: the past at once, then of the present second only what has happened', async () => {
  const stop = new AbortController()
  const source = open({ speed: 'live', signal: stop.signal })
  const states: string[] = []
  const expected = framesOf(await readAll({ untilUs: nowMs * 1_000 + 1 })).length
  const frames: Frame[] = []
  for await (const chunk of source.chunks()) {
    frames.push(...chunk.frames)
    states.push(source.status().state)
    if (frames.length === expected) stop.abort()
  }
  expect(frames).toHaveLength(expected)
  expect(frames.at(-1)?.position.timeUs).toBeLessThanOrEqual(nowMs * 1_000)
  expect(states[0]).toBe('catching-up')
  expect(states.at(-1)).toBe('live')
})

test('chunks stay small, and status tells what came', async () => {
  const source = open({ rate: 400 })
  let bytes = 0
  let count = 0
  for await (const { frames } of source.chunks()) {
    const size = frames.reduce((sum, frame) => sum + frame.bytes.length, 0)
    expect(size).toBeLessThan(400_000)
    bytes += size
    count += frames.length
  }
  expect(source.status()).toMatchObject({
    state: 'ended',
    kind: 'synthetic',
    host: 'synthetic:5',
    frames: count,
    bytes,
    lastFrameMs: nowMs,
    skipped: {},
  })
})

test('a position of another network is a mistake of ours', () => {
  const position: Position = { host: 'synthetic:6', wire: 'v1', seq: null, timeUs: 1, epoch: 0 }
  expect(() => open({ position })).toThrow(/synthetic:6 is no position of synthetic:5/)
})
