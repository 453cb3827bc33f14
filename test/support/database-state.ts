import type pg from 'pg'
import { openClient } from '../../src/db/pool.ts'

/** Columns that say when a row was written, which a replay may change, are left out. */
const tables: Readonly<Record<string, string>> = {
  bluesky_user:
    'id, did, handle, active, status, seq, identity_seq, account_seq, bsky_timestamp, first_seen_at, last_seen_at',
  bluesky_post:
    'id, user_id, time_us, bsky_created_at, operation, rev, rkey, collection, record_type, cid, uri, text, langs, tags, domains, parent_cid, parent_uri, root_cid, root_uri, additional_data, search',
  bluesky_record: 'id, user_id, subject, time_us, rev, operation, collection',
  raw_message: 'id, did, time_us, kind, raw_data, bytes, error, processed',
  author_hour: 'bucket, user_id',
  author_day: 'bucket, user_id',
  count_minute: 'dimension, bucket, key, n',
  count_hour: 'dimension, bucket, key, n',
  count_day: 'dimension, bucket, key, n',
}

/**
 * A digest of every row and every count, per table: two databases that say the same have the same. Counts are summed over the
 * partitions of the log, as readers do.
 */
export async function digestDatabase(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const digests: Record<string, string> = {}
    for (const [table, columns] of Object.entries(tables)) {
      const from = table.startsWith('count_') ? summed(table) : table
      const { rows } = await client.query<{ rows: number; digest: string }>(
        `select count(*) as "rows", md5(coalesce(string_agg(line, E'\\n' order by line collate "C"), '')) as "digest"
         from (select (${columns})::text as line from ${from}) as lines`,
      )
      digests[table] = `${rows[0]?.rows} rows, ${rows[0]?.digest}`
    }
    return digests
  })
}

function summed(table: string): string {
  return `(select dimension, bucket, key, sum(n) as n from ${table} group by dimension, bucket, key having sum(n) <> 0) as summed`
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
