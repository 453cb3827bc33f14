import { expect, test } from 'vitest'
import { openSynthetic } from '../../src/source/synthetic/synthetic.ts'
import { collectChunks } from '../support/collect-chunks.ts'

const network = { seed: 9, rate: 400, mix: '2026-07' } as const

test('the present comes at its time, in small portions, and a second run takes over without a seam', async () => {
  const first = new AbortController()
  const source = openSynthetic({
    ...network,
    position: null,
    historyMs: 10_000,
    speed: 'live',
    signal: first.signal,
  })
  const collected = collectChunks(source)
  const openedUs = Date.now() * 1_000
  const present = () => collected.frames.filter(({ position }) => position.timeUs > openedUs)
  await collected.until(() => present().length > 400)
  expect(source.status().state).toBe('live')
  first.abort()
  await collected.done

  const live = present()
  for (const { position, receivedUs } of live) {
    expect(position.timeUs).toBeLessThanOrEqual(receivedUs)
    expect(receivedUs - position.timeUs).toBeLessThan(1_000_000)
  }
  expect(new Set(live.map(({ receivedUs }) => receivedUs)).size).toBeGreaterThan(5)

  const second = new AbortController()
  const position = collected.frames.at(-1)?.position ?? null
  const resumed = collectChunks(
    openSynthetic({
      ...network,
      position,
      historyMs: 10_000,
      speed: 'live',
      signal: second.signal,
    }),
  )
  await resumed.until(() => resumed.frames.length > 100)
  second.abort()
  await resumed.done
  const both = [...collected.frames, ...resumed.frames]
  const whole = collectChunks(
    openSynthetic({
      ...network,
      position: both[0]?.position ?? null,
      historyMs: 60_000,
      speed: 'max',
      untilUs: (both.at(-1)?.position.timeUs ?? 0) + 1,
      signal: new AbortController().signal,
    }),
  )
  await whole.done
  expect(both.slice(1).map(({ bytes }) => bytes.toString())).toEqual(
    whole.frames.map(({ bytes }) => bytes.toString()),
  )
})
