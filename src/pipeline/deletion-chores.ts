/** What makes the rows of accounts agree with the deletion ledger, and the ledger outlive its database. */
import type pg from 'pg'
import { type Settled, settleAccounts, settlePosts } from '../store/deletion/settle-accounts.ts'
import type { Chore, ChoreOptions, ChoreResult } from './chores.ts'
import { formatCount } from './numbers.ts'
import { appendLedger } from './purge-ledger-file.ts'

export interface LedgerSettings {
  /** Where new entries of the ledger are written to; empty for nowhere. */
  readonly LEDGER_FILE: string
}

const secondMs = 1_000
const minuteMs = 60 * secondMs
/**
 * Posts are found by an index, so they are put right at once, whatever else is stored: their text is gone within seconds. All
 * other records, which hold no text, can only be found by reading bluesky_record from end to end, once for all accounts that
 * wait. How long that takes depends on the size of the database (about a second for each 500 MB), so it rests for a multiple of
 * it: at most a twentieth of the time is spent reading. Until then readers leave out what the ledger has decided; only counts
 * still have it. `purge` does not wait for any of this.
 */
const postsEveryMs = 2 * secondMs
const leastRestMs = 30 * secondMs
const restPerWork = 20
const ledgerEveryMs = minuteMs
/** A transaction that is open for so long hangs, and somebody should look. */
const heldTooLongMs = 10 * minuteMs

/** What one process knows while it maintains a database. */
interface Progress {
  /** Accounts whose posts are right, by the version of their entry. */
  readonly posts: Map<string, string>
  readonly postsHeld: Held
  readonly sweepHeld: Held
  nextSweepMs: number
}

/** Since when others keep a chore from being done; null where they do not. */
interface Held {
  sinceMs: number | null
}

const progressOf = new WeakMap<pg.Client, Progress>()

export const deletionChores: readonly Chore[] = [
  { name: 'deleted posts', everyMs: postsEveryMs, quiet: true, run: settleTheirPosts },
  { name: 'deleted accounts', everyMs: leastRestMs, quiet: true, run: settleThem },
  { name: 'ledger file', everyMs: ledgerEveryMs, quiet: true, run: keepLedgerFile },
]

async function settleTheirPosts(client: pg.Client, { signal }: ChoreOptions): Promise<ChoreResult> {
  const progress = startProgress(client)
  return describe(progress.postsHeld, await settlePosts(client, progress.posts, { signal }))
}

async function settleThem(client: pg.Client, { signal }: ChoreOptions): Promise<ChoreResult> {
  const progress = startProgress(client)
  if (performance.now() < progress.nextSweepMs) return { detail: 'resting', warning: false }
  const started = performance.now()
  const settled = await settleAccounts(client, { signal })
  const ms = performance.now() - started
  if (settled?.accounts) progress.nextSweepMs = performance.now() + ms * restPerWork
  return describe(progress.sweepHeld, settled)
}

async function keepLedgerFile(
  client: pg.Client,
  { settings, signal }: ChoreOptions,
): Promise<string> {
  if (settings.LEDGER_FILE === '') return 'LEDGER_FILE is not set'
  const added = await appendLedger(client, settings.LEDGER_FILE, signal)
  return `${formatCount(added)} entries added`
}

function startProgress(client: pg.Client): Progress {
  const known = progressOf.get(client)
  if (known) return known
  const progress: Progress = {
    posts: new Map(),
    postsHeld: { sinceMs: null },
    sweepHeld: { sinceMs: null },
    nextSweepMs: 0,
  }
  progressOf.set(client, progress)
  return progress
}

function describe(held: Held, settled: Settled | null): ChoreResult {
  if (!settled) return { detail: 'another process is at it', warning: false }
  const { accounts, deleted, changed, heldBy } = settled
  if (heldBy === null) held.sinceMs = null
  else held.sinceMs ??= performance.now()
  if (accounts === 0) return { detail: 'no account waits', warning: false }
  const heldMs = held.sinceMs === null ? 0 : performance.now() - held.sinceMs
  const what = `${formatCount(accounts)} accounts: ${formatCount(deleted)} rows deleted, ${formatCount(changed)} hidden or shown`
  return {
    detail: heldBy === null ? what : `${what}; not settled because of ${heldBy}`,
    warning: heldMs > heldTooLongMs,
  }
}
