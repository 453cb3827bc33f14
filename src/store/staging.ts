import type pg from 'pg'
import { type Grain, grains } from '../dimensions/dimension.ts'
import { dimensions } from '../dimensions/registry.ts'
import { copyInto } from './copy.ts'

/**
 * Temporary tables of the writer's connection: what cannot be copied straight into its table is copied here and merged by
 * one statement. They have no indexes and no constraints, and every commit
 * empties them in place (`truncate` would write a catalogue row each time).
 */
export async function createStaging(client: pg.Client): Promise<void> {
  await client.query(`
    create temporary table staging_post (like bluesky_post) on commit delete rows;
    create temporary table staging_record (like bluesky_record) on commit delete rows;
    create temporary table staging_user (like bluesky_user) on commit delete rows;
    create temporary table staging_author_hour (like author_hour) on commit delete rows;
    create temporary table staging_author_day (like author_day) on commit delete rows;
    create temporary table staging_author_key (like author_key) on commit delete rows;
    create temporary table staging_author
      (grain text, bucket timestamptz, dimension text, key text, authors bigint) on commit delete rows;
    create temporary table staging_count (bucket timestamptz, dimension text, key text, n bigint) on commit delete rows;
    create temporary table staging_engagement (like engagement) on commit delete rows;
    create temporary table staging_tie (like tie) on commit delete rows;
    create temporary table staging_coverage (like coverage) on commit delete rows;
    create temporary table staging_standing
      (user_id uuid, cut_rev text, cut_bits bigint, cut_reason text) on commit delete rows;
    create temporary table staging_message (like raw_message) on commit delete rows;
    alter table staging_post alter created_at drop not null, alter updated_at drop not null;
    alter table staging_user
      alter created_at drop not null, alter updated_at drop not null, alter active drop not null;
    alter table staging_engagement alter part drop not null;
    alter table staging_tie alter part drop not null;
    alter table staging_coverage alter source drop not null, alter part drop not null;
    alter table staging_message
      alter created_at drop not null, alter updated_at drop not null, alter processed drop not null`)
}

/** Adds changes (bucket by minute, dimension, key, n) and staged authors to all grains, in the order of the keys so that writers cannot deadlock. */
export async function mergeCounts(
  client: pg.Client,
  rows: Buffer | null,
  part: number,
): Promise<void> {
  if (rows) await copyInto(client, 'staging_count', ['bucket', 'dimension', 'key', 'n'], rows)
  // One round trip for all three: while a batch is decoded ahead, every answer waits for a turn.
  await client.query(grains.map((grain) => mergeGrain(grain, part)).join(';'))
}

function mergeGrain(grain: Grain, part: number): string {
  const left = dimensions.filter((dimension) => !dimension.grains.includes(grain))
  const names = left.map(({ name }) => `'${name}'`).join(', ')
  return `
    insert into count_${grain} as count (dimension, bucket, key, part, n, authors)
    select dimension, bucket, key, ${Math.trunc(part)}, sum(n), sum(authors)
    from (
      select dimension, date_trunc('${grain}', bucket, 'UTC') as bucket, key, n, 0 as authors
      from staging_count
      ${left.length > 0 ? `where dimension not in (${names})` : ''}
      union all
      select dimension, bucket, key, 0, authors
      from staging_author
      where grain = '${grain}'
    ) as change
    group by dimension, bucket, key
    having sum(n) <> 0 or sum(authors) <> 0
    order by dimension, bucket, key
    on conflict (dimension, bucket, key, part) do update
    set n = count.n + excluded.n,
        authors = count.authors + excluded.authors`
}

/** Moves staged messages to where they are kept; one that is there already stays as it is. */
export async function mergeDeadLetters(client: pg.Client): Promise<void> {
  await client.query(`
    insert into raw_message (id, did, time_us, kind, raw_data, bytes, error, host, wire, seq)
    select id, did, time_us, kind, raw_data, bytes, error, host, wire, seq
    from staging_message
    on conflict (id) do nothing`)
}
