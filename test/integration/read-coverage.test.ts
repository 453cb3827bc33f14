import { expect, test } from 'vitest'
import { coverage } from '../../src/contract/coverage.ts'
import { health } from '../../src/contract/health.ts'
import { summary } from '../../src/contract/summary.ts'
import { openReading, type Reading } from '../support/reading.ts'
import { usOf } from '../support/rows.ts'

const now = '2026-07-04T15:00:00Z'
const range = { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' }

interface LedgerGap {
  readonly from: string
  readonly to: string | null
  readonly reason: string
  readonly detail?: string
  readonly closedBy?: string
  readonly source?: string
}

async function putGap({ rows }: Reading, gap: LedgerGap): Promise<void> {
  const { from, to, reason, detail = null, closedBy = null, source = 'jetstream' } = gap
  await rows.client.query(
    `insert into gap (source, host, from_us, to_us, reason, detail, closed_by, closed_at)
     values ($1, 'wss://jetstream.test', $2, $3, $4, $5, $6, case when $6::text is null then null else now() end)`,
    [source, usOf(from), to === null ? null : usOf(to), reason, detail, closedBy],
  )
}

const at = (minute: string) => `2026-07-04T${minute}:00.000Z`

test('minutes of a source are told in runs, and its gaps in words', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T13:00:00Z', '2026-07-04T14:50:30Z')
  await putGap(reading, {
    from: '2026-07-04T14:10:00Z',
    to: '2026-07-04T14:12:30Z',
    reason: 'cursor-too-old',
  })
  await putGap(reading, {
    from: '2026-07-04T14:20:00Z',
    to: '2026-07-04T14:25:00Z',
    reason: 'stalled',
    closedBy: 'jetstream',
  })
  const answer = await reading.ask(coverage, range)
  expect(answer.sources).toMatchObject([{ source: 'jetstream', complete: true }])
  expect(answer.sources[0]?.runs).toEqual([
    { from: at('14:00'), to: at('14:10'), state: 'complete' },
    { from: at('14:10'), to: at('14:12'), state: 'gap' },
    { from: at('14:12'), to: at('14:13'), state: 'partial' },
    { from: at('14:13'), to: at('14:20'), state: 'complete' },
    { from: at('14:20'), to: at('14:25'), state: 'replayed' },
    { from: at('14:25'), to: at('14:50'), state: 'complete' },
    { from: at('14:50'), to: at('14:51'), state: 'partial' },
  ])
  expect(answer.gaps).toMatchObject([
    {
      reason: 'cursor-too-old',
      explanation: 'the host no longer had the events after the last stored one',
      closedAt: null,
      healable: 'look-back',
    },
    { reason: 'stalled', closedBy: 'jetstream', healable: 'no' },
  ])
  expect(answer.ratio).toBeCloseTo(1 - 2.5 / 50.5, 5)
})

test('a closed gap lowers no number, one that goes on counts up to now', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T13:00:00Z', '2026-07-04T14:30:00Z')
  const gap = { from: '2026-07-04T14:10:00Z', to: '2026-07-04T14:20:00Z', reason: 'host-reset' }
  await putGap(reading, { ...gap, closedBy: 'heal:wss://jetstream.test:1' })
  expect((await reading.ask(summary, range)).coverage).toEqual({ ratio: 1, gaps: [] })

  await putGap(reading, { from: '2026-07-04T14:30:00Z', to: null, reason: 'stalled' })
  expect((await reading.ask(summary, range)).coverage).toEqual({
    ratio: 0.5,
    gaps: [{ from: at('14:30'), to: at('15:00'), reason: 'stalled' }],
  })
  const answer = await reading.ask(coverage, range)
  expect(answer.ratio).toBe(0.5)
  expect(answer.sources[0]?.runs.at(-1)).toEqual({
    from: at('14:30'),
    to: at('15:00'),
    state: 'gap',
  })
  expect(answer.gaps.at(-1)).toMatchObject({ to: null, healable: 'resume' })
})

test('what a source has made up for while it catches up is not missing any more', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T13:00:00Z', '2026-07-04T14:45:00Z')
  await putGap(reading, {
    from: '2026-07-04T14:15:00Z',
    to: '2026-07-04T15:00:00Z',
    reason: 'disconnected',
  })
  const { ratio, gaps } = (await reading.ask(summary, range)).coverage
  expect({ ratio, gaps }).toEqual({
    ratio: 0.75,
    gaps: [{ from: at('14:45'), to: at('15:00'), reason: 'disconnected' }],
  })
})

test('a source that was asked for some accounts only makes no time complete', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T14:30:00Z', '2026-07-04T15:00:00Z')
  await reading.rows.listened('2026-07-04T14:00:00Z', '2026-07-04T14:30:00Z', 'backfill:1')
  expect((await reading.ask(summary, range)).coverage.ratio).toBe(1)
  await reading.rows.client.query(
    `update position set complete = false where source = 'backfill:1'`,
  )
  expect((await reading.ask(summary, range)).coverage.ratio).toBe(0.5)
  const { sources } = await reading.ask(coverage, range)
  expect(sources).toMatchObject([
    { source: 'backfill:1', complete: false, runs: [] },
    { source: 'jetstream', complete: true },
  ])
})

test('the silence of one collection lowers the coverage of nothing else, and is told', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T13:00:00Z', '2026-07-04T15:00:00Z')
  await putGap(reading, {
    from: '2026-07-04T14:15:00Z',
    to: null,
    reason: 'collection-silent',
    detail: 'app.bsky.feed.like',
  })
  expect((await reading.ask(summary, range)).coverage).toEqual({ ratio: 1, gaps: [] })
  const { gaps } = await reading.ask(coverage, range)
  expect(gaps).toMatchObject([
    {
      detail: 'app.bsky.feed.like',
      explanation: 'no event of this collection came while others flowed: app.bsky.feed.like',
    },
  ])
})

test('health names open gaps of the last day and what closes them, unless another source has received it', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-03T10:00:00Z', '2026-07-04T15:00:00Z')
  const component = async () =>
    (await reading.ask(health, {})).components.find(({ name }) => name === 'coverage')
  expect(await component()).toMatchObject({ state: 'ok' })
  await putGap(reading, {
    from: '2026-07-03T11:00:00Z',
    to: '2026-07-03T12:00:00Z',
    reason: 'cursor-too-old',
  })
  expect(await component()).toMatchObject({ state: 'ok' })
  await putGap(reading, {
    from: '2026-07-04T14:10:00Z',
    to: '2026-07-04T14:20:00Z',
    reason: 'cursor-clamped',
  })
  expect(await component()).toMatchObject({
    state: 'degraded',
    detail:
      'Missing of the last 24 hours: jetstream 2026-07-04 14:10:00 to 2026-07-04 14:20:00 UTC (the host began later than asked, and did not say so; gaps heal replays what the host still has)',
  })
  await reading.rows.listened('2026-07-04T14:00:00Z', '2026-07-04T14:30:00Z', 'file:1')
  expect(await component()).toMatchObject({ state: 'ok' })
})

test('messages of a source are those of the range', async () => {
  await using reading = await openReading(now)
  await reading.rows.listened('2026-07-04T13:00:00Z', '2026-07-04T15:00:00Z')
  for (const [bucket, frames] of [
    ['2026-07-04T13:59:00Z', 5],
    ['2026-07-04T14:00:00Z', 7],
    ['2026-07-04T14:59:00Z', 11],
  ]) {
    await reading.rows.client.query(
      `insert into coverage (source, bucket, frames, first_us, last_us) values ('jetstream', $1, $2, 0, 0)`,
      [bucket, frames],
    )
  }
  expect((await reading.ask(coverage, range)).sources).toMatchObject([{ messages: 18 }])
})
