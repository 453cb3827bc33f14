/** What a database needs that belongs to no batch. Each may be killed at any moment and done again. */
import type pg from 'pg'
import { openPool } from '../db/pool.ts'
import { dropProcessed } from '../store/dead-letters.ts'
import { settlePartition } from '../store/recount/settle-partition.ts'
import { formatDay, partitionedTables } from '../store/space/partitioned-tables.ts'
import { createPartitions, listWaitingDays } from '../store/space/partitions.ts'
import { deletionChores, type LedgerSettings } from './deletion-chores.ts'
import { formatBytes } from './numbers.ts'
import { peopleChore } from './people-chore.ts'
import {
  dropOldStrays,
  dropTooOld,
  gatherEngagement,
  makeRoom,
  readKeptFrom,
  type SpaceOptions,
} from './retention.ts'
import { dayOf } from './retention-rules.ts'
import { readTableSizes } from './storage-queries.ts'
import type { SpaceSettings } from './storage-report.ts'

export interface ChoreOptions {
  readonly url: string
  readonly settings: SpaceSettings & LedgerSettings
  readonly signal: AbortSignal
}

export interface ChoreResult {
  readonly detail: string
  /** Whether somebody should do something about it. */
  readonly warning: boolean
}

export interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Nothing to tell of each time. */
  readonly quiet?: boolean
  /** Says what it did. Ends early, with what was done so far, when the signal aborts. */
  readonly run: (client: pg.Client, options: ChoreOptions) => Promise<string | ChoreResult>
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const daysAhead = 2
/** Day of the month from which on there are partitions of the next one. */
const monthAheadFrom = 25
const daysKept = 30
const deletedAtOnce = 1_000
const listedTables = 8

export const chores: readonly Chore[] = [
  { name: 'partitions', everyMs: hourMs, run: makePartitions },
  {
    name: 'retention',
    everyMs: hourMs,
    run: (client, options) => dropTooOld(client, spaceOf(options)),
  },
  {
    name: 'room',
    everyMs: 5 * minuteMs, // of a small volume a busy hour may be a tenth
    quiet: true,
    run: (client, options) => makeRoom(client, spaceOf(options)),
  },
  {
    name: 'strays',
    everyMs: dayMs,
    run: (client, options) => dropOldStrays(client, spaceOf(options)),
  },
  {
    name: 'engagement',
    everyMs: dayMs,
    run: (client, { signal }) => gatherEngagement(client, signal),
  },
  { name: 'dead letters', everyMs: hourMs, run: (_client, options) => dropOldLetters(options) },
  { name: 'statistics', everyMs: hourMs, run: analyseParents },
  { name: 'sizes', everyMs: hourMs, run: describeSizes },
  ...deletionChores,
  peopleChore,
]

function spaceOf({ settings, signal }: ChoreOptions): SpaceOptions {
  return { settings, settle: settlePartition, signal }
}

/** The partitions of today and the days to come, before the first row of one has to wait for it. */
async function makePartitions(client: pg.Client, options: ChoreOptions): Promise<string> {
  const today = dayOf(Date.now())
  let made = 0
  for (let day = today; day <= today + daysAhead; day++) {
    made += await createPartitions(client, partitionedTables, day)
  }
  const date = new Date(today * dayMs)
  if (date.getUTCDate() >= monthAheadFrom) {
    const months = partitionedTables.filter(({ span }) => span === 'month')
    const next = dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1))
    made += await createPartitions(client, months, next)
  }
  made += await partWaiting(client, options)
  return `there are partitions through ${formatDay(today + daysAhead)}; ${made} made now`
}

/** Partitions for what waits outside of them: of a batch that had more days than it made partitions for, or from before there were any. */
async function partWaiting(client: pg.Client, { settings, signal }: ChoreOptions): Promise<number> {
  let made = 0
  for (const table of partitionedTables) {
    if (signal.aborted) break
    const kept = await readKeptFrom(client, table.name, settings)
    for (const day of await listWaitingDays(client, table, kept)) {
      if (signal.aborted) break
      made += await createPartitions(client, [table], day)
    }
  }
  return made
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
  const names = partitionedTables.map(({ name }) => name)
  for (const name of names) await client.query(`analyze only ${name}`)
  return `${names.join(', ')} analysed as wholes`
}

async function describeSizes(client: pg.Client): Promise<string> {
  const tables = (await readTableSizes(client)).slice(0, listedTables)
  return tables.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`).join(', ')
}
