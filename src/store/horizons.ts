import type pg from 'pg'

/** Tables of which days are dropped when they age, and the network time before which each was, µs since 1970. */
export type Horizons = ReadonlyMap<string, number>

/**
 * What came before a table's horizon was dropped, and what it counted stays counted: storing it again would count it twice.
 * Empty as long as nothing was dropped.
 */
export async function readHorizons(client: pg.Client): Promise<Horizons> {
  const { rows } = await client.query<{ table: string; us: number }>({
    name: 'read-horizons',
    text: `select table_name as "table", (extract(epoch from max(end_day)) * 1000000)::bigint as "us"
           from aged_out
           group by table_name`,
  })
  return new Map(rows.map(({ table, us }) => [table, us]))
}

/** Before this network time (µs since 1970) rows of posts or of other records are not stored again; 0 where all are. */
export function rowsHorizonUs(horizons: Horizons): number {
  return Math.max(horizons.get('bluesky_post') ?? 0, horizons.get('bluesky_record') ?? 0)
}

/** Condition on a time column (timestamptz) that leaves out what lies before a table's horizon. */
export function behindHorizon(column: string, table: string): string {
  return `${column} >= coalesce(
    (select max(end_day)::timestamp at time zone 'UTC' from aged_out where table_name = '${table}'),
    '-infinity'
  )`
}
