import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'

const lookMs = 50

/**
 * Waits for the transactions that may have looked into the ledger before it said what it says now, and may still write rows
 * judged by that. They hold a lock on it until they end. Comparing transaction ids instead would miss one that got its id
 * later but had looked before; and ids mean nothing in a database that was restored from a dump.
 *
 * Who only reads is not waited for: a dump of the database may take hours. Returns what is still open after the given time,
 * in words, or null.
 */
export async function waitForWriters(
  client: pg.Client,
  signal: AbortSignal,
  patienceMs: number,
): Promise<string | null> {
  const deadline = performance.now() + patienceMs
  let open = await listWriters(client)
  const before = new Set(open.map(({ id }) => id))
  for (;;) {
    const [first] = open.filter(({ id }) => before.has(id))
    if (!first) return null
    if (signal.aborted || performance.now() > deadline) return first.description
    await setTimeout(lookMs, undefined, { signal }).catch(() => undefined) // aborted: seen above
    open = await listWriters(client)
  }
}

interface Writer {
  /** Of its transaction. */
  readonly id: string
  readonly description: string
}

/** A store between two statements may have written nothing yet; it is known by its name. */
async function listWriters(client: pg.Client): Promise<Writer[]> {
  const { rows } = await client.query<Writer>(
    `select distinct
       held.virtualtransaction as "id",
       format('connection %s, %s', held.pid, coalesce(nullif(who.application_name, ''), 'without a name')) as "description"
     from pg_locks as held
     left join pg_stat_activity as who on who.pid = held.pid
     where held.locktype = 'relation'
       and held.relation = 'account_standing'::regclass
       and held.database = (select oid from pg_database where datname = current_database())
       and held.pid <> pg_backend_pid()
       and (
         who.application_name like 'store %'
         or exists (
           select from pg_locks as own
           where own.locktype = 'transactionid' and own.granted
             and own.virtualtransaction = held.virtualtransaction
         )
       )`,
  )
  return rows
}
