import type pg from 'pg'
import { messageIsGone } from './deletion/settle-traces.ts'

/**
 * Temporary tables of the writer's connection: what cannot be copied straight into its table is copied here and merged by
 * one statement. They have no indexes and no constraints, and every commit
 * empties them in place (`truncate` would write a catalogue row each time).
 */
export async function createStaging(client: pg.Client): Promise<void> {
  await client.query(`
    create temporary table staging_post (like bluesky_post) on commit delete rows;
    create temporary table staging_record (like bluesky_record) on commit delete rows;
    create temporary table staging_message (like raw_message) on commit delete rows;
    alter table staging_post alter created_at drop not null, alter updated_at drop not null;
    alter table staging_message
      alter created_at drop not null, alter updated_at drop not null, alter processed drop not null`)
}

/**
 * Moves staged messages to where they are kept; one that is there already stays as it is. Those of accounts that are gone, as
 * far as they are older than their end, are dropped: a replay must not bring them back.
 */
export async function mergeDeadLetters(client: pg.Client): Promise<void> {
  await client.query(`
    insert into raw_message (id, did, time_us, kind, raw_data, bytes, error, host, wire, seq)
    select id, did, time_us, kind, raw_data, bytes, error, host, wire, seq
    from staging_message as message
    where not exists (
      select from account_standing as standing where standing.did = message.did and ${messageIsGone}
    )
    on conflict (id) do nothing`)
}
