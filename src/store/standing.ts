import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import type { Did } from '../event/event.ts'
import { type Id, parseId } from '../event/ids.ts'
import { readTidHalves } from '../event/tid.ts'
import type { UserChange } from './batch.ts'
import type { Cut } from './cut.ts'
import type { Horizons } from './horizons.ts'
import type { PostRow, RecordRow } from './rows.ts'

/** What the deletion ledger says of an account. */
export interface Standing {
  readonly did: Did
  readonly hidden: boolean
  readonly cut: { readonly rev: string; readonly high: number; readonly low: number } | null
}

/** Standings of the accounts that the ledger knows; most accounts are not in it. */
export type Standings = ReadonlyMap<Id, Standing>

/**
 * Enters what a batch says about accounts into the ledger. To be called when the accounts are written, in the same
 * transaction: whichever of their events has the greatest seq is known by then, and their rows are locked.
 */
export async function writeStandings(
  client: pg.Client,
  users: Iterable<UserChange>,
): Promise<void> {
  const judged = [...users].filter(({ standing, cut }) => standing !== null || cut !== null)
  if (judged.length === 0) return
  const ids = encodeArray(
    'uuid',
    judged.map(({ id }) => id),
  )
  // The list of ids makes the planner look the accounts up, however many there are.
  await client.query({
    name: 'merge-standings',
    text: `
    insert into account_standing as known (user_id, did, hidden, status, account_seq, cut_rev, cut_bits, cut_reason)
    select u.id, u.did, u.hidden, u.status, coalesce(u.account_seq, -1), s.cut_rev, s.cut_bits, s.cut_reason
    from bluesky_user u
    join unnest($1::uuid[], $2::text[], $3::int8[], $4::text[]) as s (user_id, cut_rev, cut_bits, cut_reason)
      on u.id = s.user_id
    where u.id = any($1::uuid[])
      and (u.hidden or s.cut_rev is not null or exists (select from account_standing where user_id = u.id))
    order by u.id
    on conflict (user_id) do update
    set hidden = excluded.hidden,
        status = excluded.status,
        account_seq = excluded.account_seq,
        cut_rev = greatest(known.cut_rev, excluded.cut_rev),
        cut_bits = greatest(known.cut_bits, excluded.cut_bits),
        cut_reason = case
          when excluded.cut_rev > coalesce(known.cut_rev, '') then excluded.cut_reason
          else known.cut_reason
        end,
        decided_at = now(),
        xid = pg_current_xact_id(),
        settled_at = null
    where known.hidden <> excluded.hidden
       or known.account_seq <> excluded.account_seq
       or excluded.cut_rev > coalesce(known.cut_rev, '')`,
    values: [
      ids,
      judged.map(({ cut }) => cut?.rev ?? null),
      judged.map(({ cut }) => (cut ? bitsOf(cut) : null)),
      judged.map(({ cut }) => cut?.reason ?? null),
    ],
  })
}

/** The revision as a number, which a double cannot hold. */
function bitsOf({ high, low }: Cut): string {
  return String((BigInt(high) << 32n) | BigInt(low >>> 0))
}

/** What the ledger says of these accounts, as of this statement. */
export async function readStandings(client: pg.Client, ids: Iterable<Id>): Promise<Standings> {
  const { rows } = await client.query<{
    id: string
    did: Did
    hidden: boolean
    rev: string | null
  }>({
    name: 'read-standings',
    text: `select user_id as "id", did as "did", hidden as "hidden", cut_rev as "rev"
           from account_standing
           where user_id = any($1::uuid[]) and (hidden or cut_rev is not null)`,
    values: [encodeArray('uuid', [...ids])],
  })
  return new Map(
    rows.map(({ id, did, hidden, rev }) => [
      parseId(id),
      { did, hidden, cut: rev === null ? null : { rev, ...readTidHalves(rev) } },
    ]),
  )
}

/**
 * Posts as the ledger wants them: without those that are gone, and marked where their account is hidden; and without those
 * that are older than what was dropped. The same array where nothing changes.
 */
export function judgePosts(
  rows: readonly PostRow[],
  standings: Standings,
  horizons: Horizons,
): readonly PostRow[] {
  const horizonUs = horizons.get('bluesky_post') ?? 0
  return judge(rows, { standings, horizonUs }, (row, cut) => row.rev < cut.rev)
}

/** As `judgePosts`. Rows of pseudo-collections are facts about an account: the ledger leaves them as they are. */
export function judgeRecords(
  rows: readonly RecordRow[],
  standings: Standings,
  horizons: Horizons,
): readonly RecordRow[] {
  const horizonUs = horizons.get('bluesky_record') ?? 0
  return judge(
    rows,
    { standings, horizonUs },
    ({ revHigh, revLow }, { high, low }) => revHigh < high || (revHigh === high && revLow < low),
  )
}

function judge<Row extends PostRow | RecordRow>(
  rows: readonly Row[],
  { standings, horizonUs }: { standings: Standings; horizonUs: number },
  isBelow: (row: Row, cut: NonNullable<Standing['cut']>) => boolean,
): readonly Row[] {
  if (standings.size === 0 && horizonUs === 0) return rows
  const judged: Row[] = []
  let changed = false
  for (const row of rows) {
    const standing = row.collection.startsWith('$') ? undefined : standings.get(row.userId)
    const isGone = row.timeUs < horizonUs || (standing?.cut && isBelow(row, standing.cut))
    if (isGone || standing?.hidden) changed = true
    if (!isGone) judged.push(standing?.hidden ? { ...row, hidden: true } : row)
  }
  return changed ? judged : rows
}
