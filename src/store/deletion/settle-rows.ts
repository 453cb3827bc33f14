import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { isConflict, isLockTimeout } from '../../db/sql-states.ts'
import { Changes } from '../changes.ts'
import { readStored, type StoredColumns, storedColumns } from '../stored-row.ts'
import { createChoice } from './settle-choice.ts'

export type RowTable = 'bluesky_post' | 'bluesky_record'

export interface Corrected {
  /** Rows that went. */
  readonly deleted: number
  /** Rows that were hidden, or shown again. */
  readonly changed: number
}

/** Counts are kept apart by who writes them; this part belongs to whoever corrects them later. */
export const correctionsPart = -2
/** One transaction: about 100 ms, the longest that a writer waits. */
const rowsAtOnce: Readonly<Record<RowTable, number>> = {
  bluesky_post: 2_000,
  bluesky_record: 5_000,
}
const maxConflicts = 10
const conflictPauseMs = 200
const lockWait = '2s'

/** Makes the temporary tables of this connection, where they are not there yet. */
export async function openWorkTables(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('pg_temp.settle_row') is not null as "found"`,
  )
  if (rows[0]?.found) return
  await client.query(`
    ${createChoice};
    create temporary table settle_row (place bigint generated always as identity primary key, id uuid not null)`)
}

/** Finds the posts of the chosen accounts that are not as the ledger says. Returns how many. */
export async function findPosts(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(`
    insert into settle_row (id)
    select post.id
    from settle_account as chosen
    join bluesky_post as post on post.user_id = chosen.user_id
    where post.rev < chosen.cut_rev or post.hidden <> chosen.hidden
    order by post.id`)
  return rowCount ?? 0
}

/**
 * Puts the rows right that were found, a few thousand in one transaction, in the order of their ids as writers do. Ends early
 * when the signal aborts. What was found is forgotten in any case.
 */
export async function drainFound(
  client: pg.Client,
  table: RowTable,
  signal: AbortSignal,
  onChunk: (done: number, corrected: Corrected) => void,
): Promise<void> {
  let done = 0
  let place = 0
  try {
    for (;;) {
      const { rows } = await client.query<{ id: string; place: number }>(
        'select id as "id", place as "place" from settle_row where place > $1 order by place limit $2',
        [place, rowsAtOnce[table]],
      )
      const last = rows.at(-1)
      if (!last || signal.aborted) return
      const ids = rows.map(({ id }) => id).sort()
      const corrected = await correctAgain(client, table, ids, signal)
      done += ids.length
      place = last.place
      onChunk(done, corrected)
    }
  } finally {
    await client.query('truncate settle_row restart identity').catch(() => undefined) // with its connection it is gone anyway
  }
}

/** Writers, and who else corrects counts, may hold the same rows in another order; then one of both is ended, and tries again. */
async function correctAgain(
  client: pg.Client,
  table: RowTable,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Corrected> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await correct(client, table, ids)
    } catch (error) {
      const mayPass = isConflict(error) || isLockTimeout(error)
      if (!mayPass || attempt === maxConflicts || signal.aborted) throw error
      await setTimeout(conflictPauseMs * attempt * Math.random(), undefined, { signal }).catch(
        () => undefined, // aborted: the next attempt is the last
      )
    }
  }
}

async function correct(
  client: pg.Client,
  table: RowTable,
  ids: readonly string[],
): Promise<Corrected> {
  // Only an index scan touches the rows in the order of the ids.
  await client.query(`
    begin;
    set local lock_timeout = '${lockWait}';
    set local enable_seqscan = off;
    set local enable_bitmapscan = off`)
  try {
    const gone = await client.query<StoredColumns>(deleteBelowCut(table), [ids])
    const marked = await client.query<StoredColumns>(markHidden(table), [ids])
    if (gone.rows.length + marked.rows.length > 0) {
      const changes = new Changes()
      for (const row of gone.rows) changes.add(readStored(row), -1)
      for (const row of marked.rows) {
        const old = readStored(row)
        changes.add(old, -1)
        changes.add({ ...old, hidden: !old.hidden }, 1)
      }
      await changes.write(client, correctionsPart)
    }
    await client.query('commit')
    return { deleted: gone.rows.length, changed: marked.rows.length }
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
    throw error
  }
}

/**
 * By what the ledger says now. What it says of pseudo-collections is nothing: they are facts about an account.
 */
function deleteBelowCut(table: RowTable): string {
  const cut = table === 'bluesky_post' ? 'cut_rev' : 'cut_bits'
  return `
    delete from ${table} as stored
    where stored.id = any($1::uuid[])
      and stored.collection not like '$%'
      and stored.rev < (select standing.${cut} from account_standing as standing where standing.user_id = stored.user_id)
    returning ${storedColumns(table, 'stored')}`
}

function markHidden(table: RowTable): string {
  return `
    update ${table} as stored
    set hidden = not stored.hidden
    where stored.id = any($1::uuid[])
      and stored.collection not like '$%'
      and stored.hidden <> (select standing.hidden from account_standing as standing where standing.user_id = stored.user_id)
    returning ${storedColumns(table, 'old')}`
}
