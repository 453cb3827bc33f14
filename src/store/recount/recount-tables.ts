import type pg from 'pg'

/**
 * Temporary tables of the connection that recounts. What was recounted and what is stored lie beside one another, `stored` says
 * which; comparing is adding up. Memory stays bounded whatever the size of the database: PostgreSQL puts them on disk.
 */
export async function createRecountTables(client: pg.Client): Promise<void> {
  await client.query(`
    create temporary table recount_count (bucket timestamptz, dimension text, key text, n bigint);
    create temporary table recount_settled (bucket timestamptz, dimension text, key text, n bigint);
    create temporary table recount_dropped (bucket timestamptz, dimension text, key text);
    create temporary table recount_stored
      (grain text, bucket timestamptz, dimension text, key text, n bigint, authors bigint);
    create temporary table recount_author_key
      (stored boolean, bucket timestamptz, dimension text, key text, user_id uuid, n bigint);
    create temporary table recount_author
      (bucket timestamptz, dimension text, key text, user_id uuid, stored bigint, recounted bigint, at_least boolean);
    create temporary table recount_authors (grain text, bucket timestamptz, dimension text, key text, authors bigint);
    create temporary table recount_engagement
      (stored boolean, subject uuid, hour bigint, likes bigint, reposts bigint, replies bigint, quotes bigint);
    create temporary table recount_tie
      (stored boolean, subject uuid, day date, follows bigint, unfollows bigint, blocks bigint, unblocks bigint);
    create temporary table recount_active_hour (bucket timestamptz, user_id uuid, stored bigint, recounted bigint);
    create temporary table recount_active_day (bucket timestamptz, user_id uuid, stored smallint, recounted smallint);
    create temporary table recount_hour (bucket timestamptz, user_id uuid, stored bigint, recounted bigint);
    create temporary table recount_day (bucket timestamptz, user_id uuid, stored smallint, recounted smallint);
    create temporary table recount_difference (
      place      bigint generated always as identity primary key,
      tally      text not null,
      field      text not null,
      bucket     timestamptz not null,
      dimension  text,
      key        text,
      id         uuid,
      stored     bigint not null,
      recounted  bigint not null
    )`)
}

/** Forgets what was recounted and compared; the tables stay. */
export async function emptyRecountTables(client: pg.Client): Promise<void> {
  await client.query(`
    truncate
      recount_count, recount_settled, recount_dropped, recount_stored, recount_author_key, recount_author, recount_authors,
      recount_engagement, recount_tie, recount_active_hour, recount_active_day, recount_hour, recount_day, recount_difference`)
}

/** Tells the planner what the tables hold: nobody else looks at temporary ones. */
export async function analyseRecountTables(client: pg.Client): Promise<void> {
  await client.query(`
    analyze
      recount_count, recount_settled, recount_stored, recount_author_key, recount_engagement, recount_tie,
      recount_active_hour, recount_active_day`)
}
