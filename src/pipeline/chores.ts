/** What a database needs that belongs to no batch. Each may be killed at any moment and done again. */
import type pg from 'pg'
import { openPool } from '../db/pool.ts'
import { dropProcessed } from '../store/dead-letters.ts'
import { Partitions, partitionedTables } from '../store/partitions.ts'

export interface ChoreOptions {
  readonly url: string
  readonly signal: AbortSignal
}

export interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Says what it did. Ends early, with what was done so far, when the signal aborts. */
  readonly run: (client: pg.Client, options: ChoreOptions) => Promise<string>
}

const hourMs = 3_600_000
const dayMs = 86_400_000
const daysAhead = 2
const daysKept = 30
const deletedAtOnce = 1_000
const listedTables = 8

export const chores: readonly Chore[] = [
  { name: 'partitions', everyMs: hourMs, run: makePartitions },
  { name: 'dead letters', everyMs: hourMs, run: (_client, options) => dropOldLetters(options) },
  { name: 'statistics', everyMs: hourMs, run: analyseParents },
  { name: 'sizes', everyMs: hourMs, run: describeSizes },
]

/** The partitions of today and the days to come, before the first row of a day has to wait for one. */
async function makePartitions(client: pg.Client): Promise<string> {
  const partitions = new Partitions()
  const today = Math.floor(Date.now() / dayMs)
  const before = await countPartitions(client)
  for (let day = today; day <= today + daysAhead; day++) await partitions.create(client, day)
  const made = (await countPartitions(client)) - before
  const through = new Date((today + daysAhead) * dayMs).toISOString().slice(0, 10)
  return `there are partitions through ${through}; ${made} made now`
}

async function countPartitions(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*) as "n" from unnest($1::text[]) as name, pg_partition_tree(to_regclass(name)) as part
     where part.isleaf`,
    [partitionedTables],
  )
  return rows[0]?.n ?? 0
}

async function dropOldLetters({ url, signal }: ChoreOptions): Promise<string> {
  await using db = openPool({
    url,
    max: 1,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics maintain',
  })
  let dropped = 0
  while (!signal.aborted) {
    const n = await dropProcessed(db, daysKept, deletedAtOnce)
    dropped += n
    if (n < deletedAtOnce) break
  }
  return `${dropped} messages dropped that were dealt with more than ${daysKept} days ago`
}

/** Autovacuum analyses partitions, never what they are partitions of. */
async function analyseParents(client: pg.Client): Promise<string> {
  for (const table of partitionedTables) await client.query(`analyze only ${table}`)
  return `${partitionedTables.join(' and ')} analysed as wholes`
}

async function describeSizes(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string; size: string }>(
    `select root.relname as "name", pg_size_pretty(sum(pg_total_relation_size(leaf.oid))) as "size"
     from pg_class root
     left join lateral pg_partition_tree(root.oid) as part on root.relkind = 'p'
     join pg_class leaf on leaf.oid = coalesce(part.relid::oid, root.oid) and leaf.relkind = 'r'
     where root.relnamespace = current_schema()::regnamespace
       and root.relkind in ('r', 'p')
       and not root.relispartition
     group by root.relname
     order by sum(pg_total_relation_size(leaf.oid)) desc
     limit $1`,
    [listedTables],
  )
  return rows.map(({ name, size }) => `${name} ${size}`).join(', ')
}
