import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readCounts, readRows } from '../support/database-state.ts'
import { account, commit, framesOf, identity } from '../support/events.ts'
import { countNaively } from './naive-model.ts'

const dids = ['did:plc:ada', 'did:plc:bob', 'did:web:cyd.example']
const rkeys = ['3mptbypdnwe2h', 'self']

const record = fc.record({
  text: fc.string({ unit: 'grapheme' }),
  langs: fc.option(fc.array(fc.constantFrom('en', 'en-US', 'pt', 'ja'), { maxLength: 2 }), {
    nil: undefined,
  }),
  tags: fc.array(fc.constantFrom('Rye', 'rye', '#eclipse', 'Ｒye', ''), { maxLength: 3 }),
})

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      did: fc.constantFrom(...dids),
      rkey: fc.constantFrom(...rkeys),
      collection: fc.constantFrom(
        'app.bsky.feed.post',
        'app.bsky.feed.like',
        'app.bsky.actor.profile',
      ),
      operation: fc.constantFrom('create', 'update', 'delete'),
      record,
      seconds: fc.integer({ min: 0, max: 200 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('identity' as const, 'account' as const),
      did: fc.constantFrom(...dids),
      active: fc.boolean(),
    }),
  },
)

/** Histories as hosts send them: in order per account, with repeats of what came before. */
const history = fc
  .tuple(
    fc.array(step, { minLength: 1, maxLength: 30 }),
    fc.array(fc.nat({ max: 29 }), { maxLength: 8 }),
  )
  .map(([steps, repeats]) => {
    let us = 0
    const events = steps.map((parts, index) => {
      if (parts.kind === 'identity') return identity(parts.did, index, `name${index}.example`)
      if (parts.kind !== 'commit')
        return account(parts.did, index, parts.active, parts.active ? undefined : 'suspended')
      us += parts.seconds * 1_000_000 + 1
      return commit({ ...parts, atUs: us })
    })
    return [...events, ...repeats.map((at) => events[at % events.length] ?? {})]
  })

test('rows and counts of any history equal a naive model, however it is cut and repeated', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 1, max: 40 }), async (events, size) => {
      await readRows(
        db.url,
        `truncate bluesky_user, bluesky_post, bluesky_record, raw_message, position, gap,
           count_minute, count_hour, count_day, author_hour, author_day`,
      )
      const frames = framesOf(events)
      const expected = countNaively(frames.map(({ bytes }) => bytes.toString()))
      await store(db.url, frames, size)
      await expectCounts(db.url, expected)
      const before = await digestDatabase(db.url)
      await store(db.url, frames.toSorted(byAccount), 7)
      expect(await digestDatabase(db.url)).toEqual(before)
    }),
    { numRuns: 40 },
  )
})

async function expectCounts(url: string, expected: ReturnType<typeof countNaively>): Promise<void> {
  for (const grain of ['minute', 'hour', 'day'] as const) {
    for (const dimension of ['collection', 'operation', 'language', 'tag'] as const) {
      expect({ grain, dimension, counts: await readCounts(url, dimension, grain) }).toEqual({
        grain,
        dimension,
        counts: expected[dimension],
      })
    }
  }
}

async function store(
  url: string,
  frames: ReturnType<typeof framesOf>,
  size: number,
): Promise<void> {
  await using open = await openStore({ url, source: 'jetstream' })
  for (let i = 0; i < frames.length; i += size) {
    await open.write(await open.prepare({ frames: frames.slice(i, i + size), gaps: [] }))
  }
}

/** Another order between accounts, the same within each: what a second host may send. */
function byAccount(a: { bytes: Buffer }, b: { bytes: Buffer }): number {
  return didOf(a.bytes).localeCompare(didOf(b.bytes))
}

function didOf(bytes: Buffer): string {
  return (JSON.parse(bytes.toString()) as { did: string }).did
}
