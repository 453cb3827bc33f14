/**
 * Maintain: what a database needs while others fill it.
 *
 * Owns the chores that belong to no batch. Guarantees: one process at a time does them for a database, shown by an advisory
 * lock, and another takes over when it ends; each chore may be killed at any moment and done again. Never: blocks who reads
 * or writes for long, or ends because one of them failed.
 */
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { openClient, openPool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { dropProcessed } from '../store/dead-letters.ts'
import { Partitions, partitionedTables } from '../store/partitions.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface MaintainOptions {
  readonly url: string
  /** Everything once, at once, then end. */
  readonly once: boolean
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Called whenever it begins to wait for its turn, gets it, or loses the database. */
  readonly onState?: (state: MaintainState, detail: string) => void
  /** Called after each chore. */
  readonly onChore?: (done: ChoreDone) => void
}

export type MaintainState = 'waiting' | 'working' | 'down'

export interface ChoreDone {
  readonly name: string
  readonly ok: boolean
  /** What it did, or why it failed. */
  readonly detail: string
  readonly ms: number
}

interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Ends early, with what was done so far, when the signal aborts. */
  readonly run: (
    client: pg.Client,
    options: Pick<MaintainOptions, 'url' | 'signal'>,
  ) => Promise<string>
}

const minuteMs = 60_000
const dayMs = 86_400_000
const maintainLock = 0x62736b72
const daysAhead = 2
const daysKept = 30
const deletedAtOnce = 1_000
/** Rather later than to make everybody else wait behind a lock that is not to be had. */
const lockWait = '5s'
const turnMs = 2_000
const lookMs = 5_000
const lastRetryMs = 30_000
const listedTables = 8

const chores: readonly Chore[] = [
  { name: 'partitions', everyMs: 60 * minuteMs, run: makePartitions },
  {
    name: 'dead letters',
    everyMs: 60 * minuteMs,
    run: (_client, options) => dropOldLetters(options),
  },
  { name: 'statistics', everyMs: 60 * minuteMs, run: analyseParents },
  { name: 'sizes', everyMs: 60 * minuteMs, run: describeSizes },
]

/**
 * Does the chores until the signal aborts, or once. Throws, only with `once`, `AppError` `DATABASE_IN_USE` where another process
 * does them, and what the database may say; otherwise it waits and tries again.
 */
export async function maintain(options: MaintainOptions): Promise<void> {
  const { once, signal, logger, onState } = options
  let waitMs = 1_000
  while (!signal.aborted) {
    try {
      await takeTurn(options)
      if (once) return
      waitMs = 1_000
    } catch (error) {
      if (signal.aborted) return
      if (once) throw error
      const detail = (error as Error).message
      onState?.('down', detail)
      logger.warn({ error: detail, waitMs }, 'maintenance cannot use the database')
    }
    await setTimeout(waitMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
    waitMs = Math.min(lastRetryMs, waitMs * 2)
  }
}

/** From waiting for the turn until the connection that shows it is lost, or the signal aborts. */
async function takeTurn(options: MaintainOptions): Promise<void> {
  const { url, once, signal, logger, onState } = options
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics maintain',
  })
  try {
    await client.query(`select set_config('lock_timeout', $1, false)`, [lockWait])
    if (!(await waitForTurn(client, options))) return
    onState?.('working', 'this process maintains the database')
    if (!once) logger.info('maintaining the database')
    const due = new Map<Chore, number>()
    while (!signal.aborted) {
      for (const chore of chores) {
        if (signal.aborted || performance.now() < (due.get(chore) ?? 0)) continue
        await doChore(chore, client, options)
        due.set(chore, performance.now() + chore.everyMs)
      }
      if (once) return
      await setTimeout(lookMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
      if (!signal.aborted) await client.query('select 1') // a lost connection has lost the turn too
    }
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended this turn
  }
}

/** True when it is this process's turn. Polls: a statement that waits for hours would keep old rows from being vacuumed. */
async function waitForTurn(client: pg.Client, options: MaintainOptions): Promise<boolean> {
  const { once, signal, logger, onState } = options
  for (let said = false; !signal.aborted; ) {
    const { rows } = await client.query<{ mine: boolean }>(
      'select pg_try_advisory_lock($1) as "mine"',
      [maintainLock],
    )
    if (rows[0]?.mine) return true
    const holder = await describeHolder(client)
    if (once) {
      throw new AppError('DATABASE_IN_USE', `another process maintains this database${holder}`, {
        hint: 'It does by itself what --once does; start maintains too.',
      })
    }
    if (!said) {
      onState?.('waiting', `another process maintains this database${holder}`)
      logger.info(`another process maintains this database${holder}; taking over when it ends`)
      said = true
    }
    await setTimeout(turnMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
  }
  return false
}

async function describeHolder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; address: string | null }>(
    `select l.pid as "pid", host(a.client_addr) as "address"
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objid = $1
       and l.database = (select oid from pg_database where datname = current_database())`,
    [maintainLock],
  )
  const [holder] = rows
  if (!holder) return ''
  return ` (connection ${holder.pid}${holder.address === null ? '' : ` from ${holder.address}`})`
}

async function doChore(
  { name, run }: Chore,
  client: pg.Client,
  options: MaintainOptions,
): Promise<void> {
  const { logger, onChore, once } = options
  const started = performance.now()
  const ms = () => Math.round(performance.now() - started)
  try {
    const detail = await run(client, options)
    onChore?.({ name, ok: true, detail, ms: ms() })
    if (!once) logger.info({ chore: name, ms: ms() }, detail)
  } catch (error) {
    const detail = (error as Error).message
    onChore?.({ name, ok: false, detail, ms: ms() })
    if (!once) logger.warn({ chore: name, ms: ms(), error: detail }, 'a chore failed; again later')
  }
}

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

async function dropOldLetters({
  url,
  signal,
}: Pick<MaintainOptions, 'url' | 'signal'>): Promise<string> {
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
