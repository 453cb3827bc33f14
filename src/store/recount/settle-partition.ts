import type pg from 'pg'
import { dimensions } from '../../dimensions/registry.ts'
import { copyInto } from '../copy.ts'
import { readAlike } from './recount-alike.ts'
import { Contributions, contributionColumns } from './recount-contributions.ts'
import { readLivePosts } from './recount-posts.ts'
import { everything } from './recount-range.ts'

const hourUs = 3_600_000_000

/**
 * Adds what the rows of a partition contribute to the counts, by hour, to `count_settled`: the counts outlive the rows, and what
 * they hold beyond the rows stays known. Belongs into the transaction in which the rows go. Memory is bounded, whatever the
 * partition holds.
 *
 * @param partition a table with the columns of `bluesky_post` or `bluesky_record`, whose name begins with that
 */
export async function settlePartition(
  client: pg.Client,
  partition: string,
  signal: AbortSignal,
): Promise<void> {
  await client.query(`
    create temporary table settling (bucket timestamptz, dimension text, key text, n bigint) on commit drop`)
  const rows = { table: partition, range: everything }
  const contributions = new Contributions(dimensions, hourUs)
  const write = async () => {
    const encoded = contributions.take()
    if (encoded) await copyInto(client, 'settling', contributionColumns, encoded)
  }
  for await (const groups of readAlike(client, { ...rows, bucketUs: hourUs }, signal)) {
    for (const { row, n } of groups) contributions.add(row, n)
    if (contributions.isFull) await write()
  }
  if (partition.startsWith('bluesky_post')) {
    for await (const posts of readLivePosts(client, rows, signal)) {
      for (const post of posts) contributions.add(post, 1)
      if (contributions.isFull) await write()
    }
  }
  await write()
  signal.throwIfAborted()
  await client.query(`
    insert into count_settled as settled (bucket, dimension, key, n)
    select bucket, dimension, key, sum(n)
    from settling
    group by bucket, dimension, key
    order by bucket, dimension, key
    on conflict (bucket, dimension, key) do update
    set n = settled.n + excluded.n`)
  await client.query('drop table settling')
}
