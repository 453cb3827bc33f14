import type pg from 'pg'
import { openClient } from '../../src/db/pool.ts'

/** Columns that say when a row was written, which a replay may change, are left out. */
const tables: Readonly<Record<string, string>> = {
  bluesky_user:
    'id, did, handle, active, hidden, status, seq, identity_seq, account_seq, bsky_timestamp, first_seen_at, last_seen_at',
  bluesky_post:
    'id, user_id, time_us, bsky_created_at, operation, rev, rkey, collection, record_type, cid, uri, text, langs, tags, domains, parent_cid, parent_uri, root_cid, root_uri, additional_data, search, hidden',
  bluesky_record: 'id, user_id, subject, time_us, rev, operation, collection, hidden',
  raw_message: 'id, did, time_us, kind, raw_data, bytes, error, processed',
  author_hour: 'bucket, user_id, minutes',
  author_day: 'bucket, user_id, kinds',
  author_key: 'day, dimension, key, user_id, hour, n',
  account_standing: 'user_id, did, hidden, status, account_seq, cut_rev, cut_bits, cut_reason',
  collection: 'nsid, first_seen_us',
  count_minute: 'dimension, bucket, key, n, authors',
  count_hour: 'dimension, bucket, key, n, authors',
  count_day: 'dimension, bucket, key, n, authors',
  engagement: 'subject, hour, likes, reposts, replies, quotes',
  tie: 'subject, day, follows, unfollows, blocks, unblocks',
}

/** An account that is neither hidden nor cut may be in the ledger or not: it depends on what came in one batch. */
const sources: Readonly<Record<string, string>> = {
  account_standing:
    '(select * from account_standing where hidden or cut_rev is not null) as standing',
}

/** Tables in which each writer has rows of its own: readers sum. Rows that came back to nothing say what no row says. */
const summed: Readonly<Record<string, { keys: string; numbers: readonly string[] }>> = {
  author_key: { keys: 'day, dimension, key, user_id, hour', numbers: ['n'] },
  count_minute: { keys: 'dimension, bucket, key', numbers: ['n', 'authors'] },
  count_hour: { keys: 'dimension, bucket, key', numbers: ['n', 'authors'] },
  count_day: { keys: 'dimension, bucket, key', numbers: ['n', 'authors'] },
  engagement: { keys: 'subject, hour', numbers: ['likes', 'reposts', 'replies', 'quotes'] },
  tie: { keys: 'subject, day', numbers: ['follows', 'unfollows', 'blocks', 'unblocks'] },
}

/**
 * A digest of every row and every count, per table: two databases that say the same have the same. Counts are summed over the
 * partitions of the log, as readers do.
 */
export async function digestDatabase(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const digests: Record<string, string> = {}
    for (const [table, columns] of Object.entries(tables)) {
      const from = sources[table] ?? (table in summed ? sumOf(table) : table)
      const { rows } = await client.query<{ rows: number; digest: string }>(
        `select count(*) as "rows", md5(coalesce(string_agg(line, E'\\n' order by line collate "C"), '')) as "digest"
         from (select (${columns})::text as line from ${from}) as lines`,
      )
      digests[table] = `${rows[0]?.rows} rows, ${rows[0]?.digest}`
    }
    return digests
  })
}

function sumOf(table: string): string {
  const { keys, numbers } = summed[table] ?? { keys: '', numbers: [] }
  const sums = numbers.map((column) => `sum(${column}) as ${column}`)
  const some = numbers.map((column) => `sum(${column}) <> 0`)
  return `(select ${keys}, ${sums.join(', ')} from ${table} group by ${keys} having ${some.join(' or ')}) as summed`
}

/** Counts of a dimension by key, summed over a grain's buckets; keys that came back to zero are left out. */
export async function readCounts(
  url: string,
  dimension: string,
  grain: 'minute' | 'hour' | 'day' = 'minute',
): Promise<Record<string, number>> {
  const rows = await readRows<{ key: string; n: string }>(
    url,
    `select key, sum(n) as n from count_${grain} where dimension = $1 group by key having sum(n) <> 0`,
    [dimension],
  )
  return Object.fromEntries(rows.map(({ key, n }) => [key, Number(n)]))
}

export async function readRows<Row extends object>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query<Row>(statement, [...values])).rows)
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'test' })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
