/** What `purge` does with a database: delete accounts for good, re-apply the ledger, say what is left. */
import type pg from 'pg'
import { explain, openClient } from '../db/pool.ts'
import {
  applyLines,
  openLedger,
  requestPurge,
  unsettleSince,
} from '../store/deletion/ledger-apply.ts'
import type { LedgerLine } from '../store/deletion/ledger-entry.ts'
import { countRemains, type Remains } from '../store/deletion/ledger-remains.ts'
import { type Settled, settleToTheEnd } from '../store/deletion/settle-accounts.ts'
import { readLedgerFile, type WrittenLedger, writeLedgerFile } from './purge-ledger-file.ts'

export interface PurgeOptions {
  readonly url: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: PurgeProgress) => void
}

export interface PurgeProgress {
  readonly step: 'waiting' | 'ledger' | 'posts' | 'records' | 'traces' | 'looking' | 'writing'
  /** How much of the step is done, 0 to 1; null where nobody knows. */
  readonly done: number | null
  readonly deleted: number
}

export interface Reapplied extends Settled {
  /** Lines of the ledger file that were merged. */
  readonly lines: number
}

/** Longest to wait for one lock; what it is needed for is tried again. */
const lockWait = '5s'
const patienceMs = 30_000
const linesAtOnce = 1_000

/** How many posts are stored of these accounts; null for those that are not known. */
export async function countPosts(
  url: string,
  dids: readonly string[],
): Promise<Map<string, number>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ did: string; n: number }>(
      `select account.did as "did", count(stored.id) as "n"
       from bluesky_user as account
       left join bluesky_post as stored on stored.user_id = account.id and stored.operation <> 'delete'
       where account.did = any($1)
       group by account.did`,
      [dids],
    )
    return new Map(rows.map(({ did, n }) => [did, n]))
  })
}

/**
 * Deletes for good what accounts have written until now; it does not come back with a replay. Ends early when the signal aborts:
 * maintenance goes on with it. Throws `AppError` `NOT_FOUND` where an account is not known.
 */
export function purgeAccounts(dids: readonly string[], options: PurgeOptions): Promise<Settled> {
  return withClient(options.url, async (client) => {
    await requestPurge(client, dids, Date.now() * 1_000)
    return settle(client, options, dids)
  })
}

/**
 * Applies what the ledger has decided since a time (µs since 1970) once more, together with what a ledger file knows: for a
 * database of which older rows were restored. Throws `AppError` `FILE_UNREADABLE`.
 */
export function reapplyLedger(
  { sinceUs, file }: { readonly sinceUs: number; readonly file: string | null },
  options: PurgeOptions,
): Promise<Reapplied> {
  return withClient(options.url, async (client) => {
    const lines = file === null ? 0 : await mergeFile(client, file, sinceUs, options)
    await unsettleSince(client, sinceUs)
    return { lines, ...(await settle(client, options)) }
  })
}

/** What is left of accounts, or of all in the ledger, that should be gone. Null when the signal aborts. */
export function verifyPurge(
  dids: readonly string[] | null,
  { url, signal, onProgress }: PurgeOptions,
): Promise<Remains | null> {
  return withClient(url, (client) =>
    countRemains(client, dids, signal, (done) => onProgress({ step: 'looking', done, deleted: 0 })),
  )
}

/** Writes a ledger file; see `writeLedgerFile`. */
export function exportLedger(
  { path, sinceUs }: { readonly path: string; readonly sinceUs: number | null },
  { url, signal, onProgress }: PurgeOptions,
): Promise<WrittenLedger | null> {
  return withClient(url, (client) =>
    writeLedgerFile(client, path, {
      sinceUs,
      signal,
      onProgress: (done) => onProgress({ step: 'writing', done, deleted: 0 }),
    }),
  )
}

async function settle(
  client: pg.Client,
  { signal, onProgress }: PurgeOptions,
  dids?: readonly string[],
): Promise<Settled> {
  return settleToTheEnd(client, { signal, patienceMs, onProgress, ...(dids && { dids }) })
}

/** Accounts are older news the further up they stand; records come without being dated, and repeats are harmless. */
async function mergeFile(
  client: pg.Client,
  file: string,
  sinceUs: number,
  { signal, onProgress }: PurgeOptions,
): Promise<number> {
  await openLedger(client)
  let merged = 0
  const isDue = (line: LedgerLine) =>
    line.kind !== 'account' || Date.parse(line.decidedAt) * 1_000 >= sinceUs
  for await (const { lines } of readLedgerFile(file)) {
    const due = lines.filter(isDue)
    for (let i = 0; i < due.length && !signal.aborted; i += linesAtOnce) {
      const some = due.slice(i, i + linesAtOnce)
      await applyLines(client, some)
      merged += some.length
      onProgress({ step: 'ledger', done: null, deleted: 0 })
    }
    if (signal.aborted) break
  }
  return merged
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics purge',
  })
  try {
    await client.query(`set lock_timeout = '${lockWait}'`)
    return await use(client)
  } catch (error) {
    throw explain(error)
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended this
  }
}
