import { readRows } from '../support/database-state.ts'
import type { NaiveNumbers } from './naive-numbers.ts'

/** What a database says, in the words of the naive model; subjects by their ids. Numbers that are 0 are left out. */
export async function readNumbers(url: string): Promise<Omit<NaiveNumbers, 'rows'>> {
  const counted = (['minute', 'hour', 'day'] as const).map(
    (grain) => `
      select
        concat_ws(' ', '${grain}', to_char(bucket at time zone 'UTC', '${formats[grain]}'), dimension, key) as key,
        sum(n)::int as n,
        sum(authors)::int as authors
      from count_${grain}
      group by bucket, dimension, key`,
  )
  const rows = await readRows<{ key: string; n: number; authors: number }>(
    url,
    counted.join(' union all '),
  )
  return {
    counts: nonZero(rows.map(({ key, n }) => [key, n])),
    authors: nonZero(rows.map(({ key, authors }) => [key, authors])),
    engagement: await readTallies(url, 'engagement', 'hour::text', [
      'likes',
      'reposts',
      'replies',
      'quotes',
    ]),
    ties: await readTallies(url, 'tie', 'day::text', [
      'follows',
      'unfollows',
      'blocks',
      'unblocks',
    ]),
  }
}

const formats = { minute: 'YYYY-MM-DD"T"HH24:MI', hour: 'YYYY-MM-DD"T"HH24', day: 'YYYY-MM-DD' }

async function readTallies(
  url: string,
  table: string,
  bucket: string,
  columns: readonly string[],
): Promise<Record<string, readonly number[]>> {
  const rows = await readRows<{ key: string; counts: number[] }>(
    url,
    `select subject || ' ' || ${bucket} as key, array[${columns.map((column) => `sum(${column})::int`).join(', ')}] as counts
     from ${table}
     group by subject, ${bucket}`,
  )
  return Object.fromEntries(
    rows
      .filter(({ counts }) => counts.some((n) => n !== 0))
      .map(({ key, counts }) => [key, counts]),
  )
}

function nonZero(entries: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(entries.filter(([, n]) => n !== 0))
}
