import type pg from 'pg'
import { post } from '../../collections/post.ts'
import { collections } from '../../collections/registry.ts'
import { copyInto } from '../copy.ts'
import { kindOf, kinds } from '../kinds.ts'
import { readAlike } from './recount-alike.ts'
import { Contributions, contributionColumns } from './recount-contributions.ts'
import { PostTallies } from './recount-post-tallies.ts'
import { readLivePosts } from './recount-posts.ts'
import { within } from './recount-range.ts'
import { dimensionsOf, hasActivity, hasSubjects, type Scope } from './recount-scope.ts'

const minuteUs = 60_000_000
const hourUs = 3_600_000_000

/** A partition with rows, and what of it is recounted. */
export interface Part {
  readonly table: string
  readonly scope: Scope
}

/** Recounts everything from the rows of one partition of `bluesky_post`. Belongs into a transaction. */
export async function recountPosts(
  client: pg.Client,
  { table, scope }: Part,
  { signal, onRows }: { readonly signal: AbortSignal; readonly onRows: (rows: number) => void },
): Promise<void> {
  const rows = { table, range: scope.range }
  await recountAlike(client, { table, scope }, signal)
  await recountActivity(client, table, scope)
  const fine = dimensionsOf(scope).filter(({ grains }) => grains.includes('minute'))
  const coarse = dimensionsOf(scope).filter(({ grains }) => !grains.includes('minute'))
  const counts = [new Contributions(fine, minuteUs), new Contributions(coarse, hourUs)]
  const tallies = new PostTallies(scope)
  const write = async () => {
    for (const contributions of counts) await writeContributions(client, contributions)
    await tallies.write(client)
  }
  for await (const posts of readLivePosts(client, rows, signal)) {
    for (const each of posts) {
      for (const contributions of counts) contributions.add(each, 1)
      tallies.add(each)
    }
    if (tallies.isFull || counts.some(({ isFull }) => isFull)) await write()
    onRows(posts.length)
  }
  await write()
}

/** As `recountPosts`, of `bluesky_record`: PostgreSQL adds up, there is nothing to be read out of them. */
export async function recountRecords(
  client: pg.Client,
  { table, scope }: Part,
  signal: AbortSignal,
): Promise<void> {
  await recountAlike(client, { table, scope }, signal)
  await recountActivity(client, table, scope)
  if (!hasSubjects(scope)) return
  const counted = `not hidden and subject is not null and ${within.timesUs(scope.range)}`
  await client.query(`
    insert into recount_engagement (stored, subject, hour, likes, reposts)
    select
      false, subject, time_us / ${hourUs},
      count(*) filter (where collection in (${nsidsOf('likes')})),
      count(*) filter (where collection in (${nsidsOf('reposts')}))
    from ${table}
    where ${counted} and operation <> 'delete' and collection in (${nsidsOf('likes', 'reposts')})
    group by subject, time_us / ${hourUs}`)
  await client.query(`
    insert into recount_tie (stored, subject, day, follows, unfollows, blocks, unblocks)
    select
      false, subject, date '1970-01-01' + (time_us / ${24 * hourUs})::integer,
      ${(['follows', 'unfollows', 'blocks', 'unblocks'] as const)
        .map(
          (field) =>
            `count(*) filter (where collection in (${nsidsOf(field)}) and ${endedOf(field)})`,
        )
        .join(',\n      ')}
    from ${table}
    where ${counted} and collection in (${nsidsOf('follows', 'blocks')})
    group by subject, time_us / ${24 * hourUs}`)
}

async function recountAlike(
  client: pg.Client,
  { table, scope }: Part,
  signal: AbortSignal,
): Promise<void> {
  const contributions = new Contributions(dimensionsOf(scope), minuteUs)
  const rows = { table, range: scope.range, bucketUs: minuteUs }
  for await (const groups of readAlike(client, rows, signal)) {
    for (const { row, n } of groups) contributions.add(row, n)
    if (contributions.isFull) await writeContributions(client, contributions)
  }
  await writeContributions(client, contributions)
}

async function writeContributions(client: pg.Client, contributions: Contributions): Promise<void> {
  const rows = contributions.take()
  if (rows) await copyInto(client, 'recount_count', contributionColumns, rows)
}

/** What accounts are known to have done because the row of it is there; what came after it has left no trace of it. */
async function recountActivity(client: pg.Client, table: string, scope: Scope): Promise<void> {
  if (!hasActivity(scope)) return
  const done = `collection not like '$%' and ${within.timesUs(scope.range)}`
  await client.query(`
    insert into recount_active_hour (bucket, user_id, recounted)
    select to_timestamp(time_us / ${hourUs} * 3600), user_id, bit_or(1::bigint << (time_us / ${minuteUs} % 60)::integer)
    from ${table}
    where ${done}
    group by time_us / ${hourUs}, user_id`)
  await client.query(`
    insert into recount_active_day (bucket, user_id, recounted)
    select to_timestamp(time_us / ${24 * hourUs} * 86400), user_id, bit_or(${kindInSql})
    from ${table}
    where ${done}
    group by time_us / ${24 * hourUs}, user_id`)
}

const kindInSql = `(case collection ${[post, ...collections]
  .map(({ nsid }) => `when '${nsid}' then ${kindOf(nsid)}`)
  .join(' ')} else ${kinds.other} end)::smallint`

type Field = 'likes' | 'reposts' | 'follows' | 'unfollows' | 'blocks' | 'unblocks'

/** The collections whose records make these numbers, as a list of SQL. */
function nsidsOf(...fields: Field[]): string {
  return collections
    .filter(({ engagement, tie }) =>
      fields.some((field) => field === engagement || field === tie?.live || field === tie?.ended),
    )
    .map(({ nsid }) => `'${nsid}'`)
    .join(', ')
}

function endedOf(field: Field): string {
  const ended = collections.some(({ tie }) => tie?.ended === field)
  return `operation ${ended ? '=' : '<>'} 'delete'`
}
