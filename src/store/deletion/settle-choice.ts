import type pg from 'pg'

/** Most accounts that are put right together; the others have their turn when these are done. */
const accountsAtOnce = 20_000

/** Whether an account's own content must leave no trace, and not only its rows below the cut. */
const isGone = `(hidden and status = 'deleted') or cut_reason = 'request'`

/** Whether this connection has the turn now. Never waits. */
export async function settlesAgainst(client: pg.Client, lock: number): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>(
    'select pg_try_advisory_lock($1) as "mine"',
    [lock],
  )
  return rows[0]?.mine === true
}

/** Temporary, of the connection: the accounts that are worked on, with what the ledger said of them when they were chosen. */
export const createChoice = `
  create temporary table if not exists settle_account (
    user_id  uuid   primary key,
    did      text   not null,
    hidden   boolean not null,
    cut_rev  text   collate "C",
    cut_bits bigint,
    gone     boolean not null,
    xid      xid8   not null
  )`

/**
 * Chooses accounts that wait for being settled, except those of which this version is known. Returns them with the version of
 * their entry. Forgets what is known of accounts that wait no more.
 */
export async function chooseWaiting(
  client: pg.Client,
  dids: readonly string[] | null,
  known: Map<string, string>,
): Promise<Map<string, string>> {
  const { rows: waiting } = await client.query<{ id: string; version: string }>(
    `select user_id as "id", xid::text as "version"
     from account_standing
     where settled_at is null and ($1::text[] is null or did = any($1))
     order by decided_at
     limit $2`,
    [dids, accountsAtOnce],
  )
  const due = waiting.filter(({ id, version }) => known.get(id) !== version).map(({ id }) => id)
  const ids = new Set(waiting.map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
  if (due.length === 0) return new Map()
  await client.query('delete from settle_account')
  const { rows: chosen } = await client.query<{ id: string; version: string }>(
    `insert into settle_account (user_id, did, hidden, cut_rev, cut_bits, gone, xid)
     select user_id, did, hidden, cut_rev, cut_bits, coalesce(${isGone}, false), xid
     from account_standing
     where user_id = any($1::uuid[]) and settled_at is null
     returning user_id as "id", xid::text as "version"`,
    [due],
  )
  await client.query('analyze settle_account')
  return new Map(chosen.map(({ id, version }) => [id, version]))
}

/** Settles those of the chosen accounts of which the ledger still says the same. Returns how many. */
export async function markSettled(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(`
    update account_standing as standing
    set settled_at = now()
    from settle_account as chosen
    where standing.user_id = chosen.user_id and standing.xid = chosen.xid and standing.settled_at is null`)
  return rowCount ?? 0
}
