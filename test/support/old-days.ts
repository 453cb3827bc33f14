/** A database with events of days gone by, what is dropped of it, and what counts say that rows do not. */
import type pg from 'pg'
import { inject } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openClient } from '../../src/db/pool.ts'
import type { Frame } from '../../src/event/frame.ts'
import { formatTid } from '../../src/event/tid.ts'
import type { SpaceOptions } from '../../src/pipeline/retention.ts'
import { dayOf } from '../../src/pipeline/retention-rules.ts'
import { settlePartition } from '../../src/store/recount/settle-partition.ts'
import { formatDay } from '../../src/store/space/partitioned-tables.ts'
import { listPartitions } from '../../src/store/space/retention-partitions.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openTestDatabase } from './database.ts'
import { readRows } from './database-state.ts'
import { baseUs, commit, framesOf } from './events.ts'

export const dayUs = 86_400_000_000
export const today = dayOf(Date.now())
export const { signal } = new AbortController()
export const standard = readConfig({ DATABASE_URL: 'postgresql://none@127.0.0.1/none' })

export interface Place extends AsyncDisposable {
  readonly url: string
  readonly client: pg.Client
  readonly store: Store
  /** Stores posts and likes of a day, so many days before today. */
  fill(daysAgo: number, posts: number): Promise<void>
}

export async function openPlace(): Promise<Place> {
  await using scope = new AsyncDisposableStack()
  const { url } = scope.use(await openTestDatabase(inject('databaseUrl')))
  const client = await connect(url)
  scope.defer(() => client.end())
  const store = scope.use(await openStore({ url, source: 'jetstream' }))
  const owned = scope.move()
  return {
    url,
    client,
    store,
    async fill(daysAgo, posts) {
      const frames = arrived(eventsOf(daysAgo, posts))
      await store.write(await store.prepare({ frames, gaps: [] }))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export function connect(url: string): Promise<pg.Client> {
  return openClient({ url, statementTimeoutMs: 0, applicationName: 'test maintain' })
}

/** Each post is liked once; the rkey's time is that of the event. */
export function eventsOf(daysAgo: number, posts: number, rkeyDaysAgo = daysAgo): object[] {
  return Array.from({ length: posts }, (_, index) => {
    const atUs = (today - daysAgo) * dayUs + (index % 86_000) * 1_000_000 - baseUs
    const rkey = formatTid((today - rkeyDaysAgo) * dayUs + index * 1_000, 5)
    const did = `did:plc:author${index % 40}`
    const uri = `at://${did}/app.bsky.feed.post/${rkey}`
    const text = { $type: 'app.bsky.feed.post', text: 'bread', langs: ['pt'], tags: ['rye'] }
    return [
      commit({ did, rkey, atUs, record: text }),
      commit({ did, rkey, atUs, collection: 'app.bsky.feed.like', record: { subject: { uri } } }),
    ]
  }).flat()
}

export function optionsWith(settings: Partial<SpaceOptions['settings']>): SpaceOptions {
  return { settings: { ...standard, ...settings }, settle: settlePartition, signal }
}

export async function partitionsOf(client: pg.Client, table: string): Promise<string[]> {
  const partitions = await listPartitions(client)
  return partitions.filter((one) => one.table === table).map(({ name }) => name)
}

export const named = (table: string, ...daysAgo: number[]) =>
  daysAgo.map((ago) => `${table}_${formatDay(today - ago).replaceAll('-', '')}`)

/** What counts by hour say beyond what was settled and what rows tell: nothing, where both agree. */
export async function countsBeyondRows(url: string): Promise<object[]> {
  return readRows(
    url,
    `select bucket, dimension, key, sum(n)::int as n
     from (
       select bucket, dimension, key, n from count_hour where dimension = 'collection'
       union all
       select bucket, dimension, key, -n from count_settled where dimension = 'collection'
       union all
       select date_trunc('hour', to_timestamp(time_us / 1000000), 'UTC'), 'collection', collection, -1
       from (select time_us, collection from bluesky_post union all select time_us, collection from bluesky_record)
     ) as told
     group by 1, 2, 3
     having sum(n) <> 0`,
  )
}

export async function countHours(url: string): Promise<object[]> {
  return readRows(
    url,
    `select bucket, dimension, key, sum(n)::int as n from count_hour group by 1, 2, 3 order by 1, 2, 3`,
  )
}

export function arrived(events: readonly object[]): Frame[] {
  return framesOf(events).map((frame) => ({ ...frame, receivedUs: frame.position.timeUs }))
}

/** Another record of the same account, day and time. */
export function shift(event: object, by: number): object {
  const { did, ...rest }: { did: string } = Object(event)
  return { ...rest, did: `${did}x${by}` }
}
