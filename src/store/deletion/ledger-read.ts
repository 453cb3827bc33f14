import type pg from 'pg'
import { post } from '../../collections/post.ts'
import { formatTid } from '../../event/tid.ts'
import type { AccountLine, DeletedLine } from './ledger-entry.ts'
import { onPartition, type Stretch, stretchesOf, within } from './settle-sweep.ts'

const linesAtOnce = 5_000

/**
 * Entries of the deletion ledger, those decided first first, some thousand at a time.
 *
 * @param sinceMs only those decided since then, ms since 1970
 */
export async function* readAccountLines(
  client: pg.Client,
  sinceMs: number | null,
): AsyncGenerator<AccountLine[]> {
  await client.query('begin')
  try {
    await client.query(
      `declare ledger no scroll cursor for
       select
         standing.did as "did",
         coalesce(account.active, not standing.hidden) as "active",
         standing.status as "status",
         standing.account_seq as "accountSeq",
         standing.cut_rev as "cutRev",
         standing.cut_reason as "cutReason",
         standing.decided_at as "decidedAt"
       from account_standing as standing
       left join bluesky_user as account on account.id = standing.user_id
       where $1::float8 is null or standing.decided_at >= to_timestamp($1)
       order by standing.decided_at, standing.user_id`,
      [sinceMs === null ? null : sinceMs / 1_000],
    )
    for (;;) {
      const { rows } = await client.query<AccountRow>(`fetch ${linesAtOnce} from ledger`)
      if (rows.length === 0) break
      yield rows.map(toAccountLine)
    }
  } finally {
    await client.query('rollback').catch(() => undefined) // it changed nothing; a lost connection rolls back by itself
  }
}

type AccountRow = Omit<AccountLine, 'kind' | 'decidedAt'> & { readonly decidedAt: Date }

function toAccountLine({ decidedAt, ...row }: AccountRow): AccountLine {
  return { kind: 'account', ...row, decidedAt: decidedAt.toISOString() }
}

/**
 * Records that were deleted since a time (network clock, µs since 1970), from their tombstones: reads both tables of rows from
 * end to end. Ends early when the signal aborts.
 */
export async function* readDeletedLines(
  client: pg.Client,
  sinceUs: number,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): AsyncGenerator<DeletedLine[]> {
  for await (const stretch of stretchesOf(client, 'bluesky_post', signal)) {
    yield await readStretch(client, stretch, sinceUs, postTombstones)
    onProgress(stretch.done / 2)
  }
  for await (const stretch of stretchesOf(client, 'bluesky_record', signal)) {
    yield await readStretch(client, stretch, sinceUs, recordTombstones)
    onProgress(0.5 + stretch.done / 2)
  }
}

interface TombstoneRow {
  readonly id: string
  readonly userId: string
  readonly uri: string | null
  readonly collection: string
  /** The revision is a TID: its time in µs, and its clock. */
  readonly revUs: number
  readonly clock: number
  readonly rev: string
  readonly timeUs: number
  readonly subject: string | null
}

async function readStretch(
  client: pg.Client,
  stretch: Stretch,
  sinceUs: number,
  columns: string,
): Promise<DeletedLine[]> {
  const read = async () => {
    const { rows } = await client.query<TombstoneRow>(
      `select ${columns}
       from only ${stretch.partition} as stored
       where ${within(stretch, 'stored')}
         and stored.operation = 'delete' and stored.time_us >= $1 and stored.collection not like '$%'`,
      [sinceUs],
    )
    return rows.map(toDeletedLine)
  }
  return onPartition(read, [])
}

const postTombstones = `
  stored.uri as "uri", stored.collection as "collection", stored.rev as "rev", stored.time_us as "timeUs"`

const recordTombstones = `
  stored.id as "id", stored.user_id as "userId", stored.collection as "collection",
  stored.rev >> 10 as "revUs", (stored.rev & 1023)::int as "clock",
  stored.time_us as "timeUs", stored.subject as "subject"`

function toDeletedLine(row: TombstoneRow): DeletedLine {
  const { collection, timeUs } = row
  if (collection === post.nsid && row.uri) {
    return { kind: 'post', uri: row.uri, rev: row.rev, timeUs }
  }
  const { id, userId, subject } = row
  const rev = formatTid(row.revUs, row.clock)
  return { kind: 'record', id, userId, collection, rev, timeUs, ...(subject && { subject }) }
}
