/**
 * Recount: are the stored numbers what the rows say?
 *
 * Owns counting everything anew, from rows, with the functions that the write path counts with, and making good what differs.
 * Guarantees: what is compared is of one moment, so others may write all the while; a correction is the difference at that
 * moment, and so right whatever was written since; memory is bounded. Never: changes a row of a post or record, or holds up who
 * writes for longer than a chunk of corrections takes.
 */
import type pg from 'pg'
import { explain, openClient } from '../../db/pool.ts'
import { type Comparison, type Difference, readDifferences } from './compare.ts'
import { type CorrectProgress, correctAuthors, correctNumbers } from './recount-correct.ts'
import { measureAuthors, measureNumbers } from './recount-measure.ts'
import type { Scope } from './recount-scope.ts'
import { createRecountTables } from './recount-tables.ts'

export interface RecountOptions extends Scope {
  readonly url: string
  /** By table, the UTC day since 1970 before which maintenance deletes what lies outside of partitions. */
  readonly keptFrom: ReadonlyMap<string, number>
  readonly signal: AbortSignal
  /** Called a few times a second at most for each partition. */
  readonly onProgress: (progress: RecountProgress) => void
}

export interface RecountProgress {
  readonly doing: 'reading' | 'comparing' | 'correcting'
  readonly table: string
  /** Null where the table has none. */
  readonly partition: string | null
  /** Done so far and to be done in all: rows that are read, by the server's estimate, or numbers that are corrected. */
  readonly rows: number
  readonly of: number
}

/** What came of recounting, until it is closed. */
export interface Recount extends AsyncDisposable {
  readonly comparisons: readonly Comparison[]
  /** The first of those that were found. */
  readonly differences: readonly Difference[]
  /** Makes good every difference, in chunks. Stopped or killed in between, recounting again does the rest. */
  correct(): Promise<readonly Corrected[]>
}

export interface Corrected {
  readonly tally: string
  readonly numbers: number
}

const mostListed = 50

/**
 * Recounts from rows, and compares. Throws `AppError` `DATABASE_UNAVAILABLE`, and the signal's reason when it aborts; a statement
 * that runs is stopped.
 */
export async function openRecount(options: RecountOptions): Promise<Recount> {
  const { url, signal } = options
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics recount',
  })
  await using scope = new AsyncDisposableStack()
  scope.defer(() => client.end().catch(() => undefined)) // it may be the lost connection that ended us
  const orExplain = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      signal.throwIfAborted()
      throw explain(error)
    }
  }
  scope.defer(await orExplain(cancelOnAbort(client, url, signal)))
  const comparisons = await orExplain(measure(client, options))
  const differences = await orExplain(readDifferences(client, mostListed))
  const owned = scope.move()
  return {
    comparisons,
    differences,
    correct: () => orExplain(correct(client, options)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function measure(client: pg.Client, options: RecountOptions): Promise<Comparison[]> {
  await createRecountTables(client)
  return measureNumbers(client, options)
}

/**
 * Accounts behind keys are corrected last, from what they are counted from: that is right by then, and they are looked at in a
 * moment of their own.
 */
async function correct(client: pg.Client, options: RecountOptions): Promise<Corrected[]> {
  const { signal, onProgress } = options
  const progress = ({ tally, done, of }: CorrectProgress) =>
    onProgress({ doing: 'correcting', table: tally, partition: null, rows: done, of })
  const numbers = await correctNumbers(client, { signal, onProgress: progress })
  await measureAuthors(client, options)
  const authors = await correctAuthors(client, { signal, onProgress: progress })
  const all = new Map<string, number>()
  for (const { tally, numbers: n } of [...numbers, ...authors]) {
    all.set(tally, (all.get(tally) ?? 0) + n)
  }
  return [...all].map(([tally, n]) => ({ tally, numbers: n }))
}

/** Has the server stop the statement that runs when the signal aborts. Returns what takes that back. */
async function cancelOnAbort(
  client: pg.Client,
  url: string,
  signal: AbortSignal,
): Promise<() => void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as "pid"')
  const cancel = () => {
    cancelStatement(url, rows[0]?.pid).catch(() => undefined) // it ends by itself, later
  }
  signal.addEventListener('abort', cancel, { once: true })
  return () => signal.removeEventListener('abort', cancel)
}

async function cancelStatement(url: string, pid: number | undefined): Promise<void> {
  const messenger = await openClient({
    url,
    statementTimeoutMs: 1_000,
    applicationName: 'bluesky-analytics recount',
  })
  await messenger.query('select pg_cancel_backend($1)', [pid]).finally(() => messenger.end())
}
