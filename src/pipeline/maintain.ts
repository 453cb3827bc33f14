/**
 * Maintain: what a database needs while others fill it.
 *
 * Owns the chores that belong to no batch. Guarantees: one process at a time does them for a database, shown by an advisory
 * lock, and another takes over when it ends; each chore may be killed at any moment and done again. Never: blocks who reads
 * or writes for long, or ends because one of them failed.
 */
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { openClient } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import type { Liveness, Progress } from '../telemetry/liveness.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type Chore, type ChoreResult, chores } from './chores.ts'
import type { LedgerSettings } from './deletion-chores.ts'
import type { SpaceSettings } from './storage-report.ts'

export interface MaintainOptions {
  readonly url: string
  /** How long what is kept, and in how much room. */
  readonly settings: SpaceSettings & LedgerSettings
  /** Everything once, at once, then end. */
  readonly once: boolean
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Where it is watched; without it it is not. */
  readonly liveness?: Liveness
  /** Called whenever it begins to wait for its turn, gets it, or loses the database. */
  readonly onState?: (state: MaintainState, detail: string) => void
  /** Called after each chore. */
  readonly onChore?: (done: ChoreDone) => void
}

export type MaintainState = 'waiting' | 'working' | 'down'

export interface ChoreDone {
  readonly name: string
  readonly ok: boolean
  /** Whether somebody should do something, though it went well. */
  readonly warning: boolean
  /** What it did, or why it failed. */
  readonly detail: string
  readonly ms: number
}

const minuteMs = 60_000
const maintainLock = 0x62736b72
/** Rather later than to make everybody else wait behind a lock that is not to be had. */
const lockWait = '5s'
const turnMs = 2_000
const lookMs = 5_000
const firstRetryMs = 1_000
const lastRetryMs = 30_000
/** A chore may take minutes: an analysis of a large table, moving rows into a partition. */
const stuckMs = 60 * minuteMs
/** What only looks is answered at once, or by nobody. */
const answerMs = 30_000
/** Where this process is cut off, the server gives its lock to another after two minutes instead of two hours, s. */
const serverKeepalive = { tcp_keepalives_idle: '30', tcp_keepalives_interval: '10' }

/**
 * Does the chores until the signal aborts, or once. Throws, only with `once`, `AppError` `DATABASE_IN_USE` where another process
 * does them, and what the database may say; otherwise it waits and tries again.
 */
export async function maintain(options: MaintainOptions): Promise<void> {
  const { once, signal, logger, liveness } = options
  let waitMs = firstRetryMs
  let state: MaintainState = 'waiting'
  using progress = liveness?.watch({
    name: 'maintenance',
    stuckMs,
    isDue: () => state === 'working',
  })
  const onState = (next: MaintainState, detail: string) => {
    state = next
    if (next === 'working') waitMs = firstRetryMs
    options.onState?.(next, detail)
  }
  while (!signal.aborted) {
    try {
      await takeTurn({ ...options, onState }, progress)
      if (once) return
    } catch (error) {
      if (signal.aborted) return
      if (once) throw error
      const detail = (error as Error).message
      onState('down', detail)
      logger.warn({ error: detail, waitMs }, 'maintenance cannot use the database')
    }
    await setTimeout(waitMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
    waitMs = Math.min(lastRetryMs, waitMs * 2)
  }
}

/** From waiting for the turn until the connection that shows it is lost, or the signal aborts. */
async function takeTurn(options: MaintainOptions, progress: Progress | undefined): Promise<void> {
  const { url, once, signal, logger, onState } = options
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics maintain',
  })
  try {
    for (const [name, value] of Object.entries({ lock_timeout: lockWait, ...serverKeepalive })) {
      await look(client, 'select set_config($1, $2, false)', [name, value])
    }
    if (!(await waitForTurn(client, options))) return
    onState?.('working', 'this process maintains the database')
    progress?.made()
    if (!once) logger.info('maintaining the database')
    const due = new Map<Chore, number>()
    while (!signal.aborted) {
      for (const chore of chores) {
        if (signal.aborted || performance.now() < (due.get(chore) ?? 0)) continue
        await doChore(chore, client, options)
        progress?.made()
        due.set(chore, performance.now() + chore.everyMs)
      }
      if (once) return
      await setTimeout(lookMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
      if (signal.aborted) break
      await look(client, 'select 1') // a lost connection has lost the turn too
      progress?.made()
    }
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended this turn
  }
}

/** True when it is this process's turn. Polls: a statement that waits for hours would keep old rows from being vacuumed. */
async function waitForTurn(client: pg.Client, options: MaintainOptions): Promise<boolean> {
  const { once, signal, logger, onState } = options
  for (let said = false; !signal.aborted; ) {
    const [turn] = await look<{ mine: boolean }>(
      client,
      'select pg_try_advisory_lock($1) as "mine"',
      [maintainLock],
    )
    if (turn?.mine) return true
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
  const [holder] = await look<{ pid: number; address: string | null }>(
    client,
    `select l.pid as "pid", host(a.client_addr) as "address"
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objid = $1
       and l.database = (select oid from pg_database where datname = current_database())`,
    [maintainLock],
  )
  if (!holder) return ''
  return ` (connection ${holder.pid}${holder.address === null ? '' : ` from ${holder.address}`})`
}

async function doChore(
  { name, run, quiet = false }: Chore,
  client: pg.Client,
  options: MaintainOptions,
): Promise<void> {
  const { logger, onChore, once } = options
  const started = performance.now()
  const ms = () => Math.round(performance.now() - started)
  try {
    const { detail, warning } = readResult(await run(client, options))
    onChore?.({ name, ok: true, warning, detail, ms: ms() })
    if (!once)
      logger[warning ? 'warn' : quiet ? 'debug' : 'info']({ chore: name, ms: ms() }, detail)
  } catch (error) {
    const detail = (error as Error).message
    onChore?.({ name, ok: false, warning: false, detail, ms: ms() })
    if (!once) logger.warn({ chore: name, ms: ms(), error: detail }, 'a chore failed; again later')
  }
}

function readResult(result: string | ChoreResult): ChoreResult {
  return typeof result === 'string' ? { detail: result, warning: false } : result
}

/** A statement that is answered at once; throws where no answer comes, as on a connection that nobody holds any more. */
async function look<Row extends pg.QueryResultRow>(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const statement = { text, values: [...values], query_timeout: answerMs }
  return (await client.query<Row>(statement)).rows
}
