import type pg from 'pg'
import { AppError } from '../errors.ts'
import type { Finding } from './check.ts'

/** Rows come back as they went in. Throws `AppError` `DATABASE_UNFIT`. */
export async function tryInsert(client: pg.Client): Promise<Finding> {
  const { rowCount } = await client.query(
    `insert into bluesky_user (id, did)
     select gen_random_uuid(), 'did:plc:probe' || n from generate_series(1, 100) as n`,
  )
  const { rows } = await client.query<{ n: number }>('select count(*) as "n" from bluesky_user')
  if (rowCount !== 100 || rows[0]?.n !== 100) throw differs('100 rows', `${rows[0]?.n}`)
  return '100 rows went in and came back'
}

/** One statement writes and says what stood there before: the counts rest on it. Throws `AppError` `DATABASE_UNFIT`. */
export async function tryUpsert(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ before: string | null; after: string }>(
    `insert into bluesky_user as known (id, did, handle)
     values (gen_random_uuid(), 'did:plc:probe1', 'one.example'), (gen_random_uuid(), 'did:plc:new', 'new.example')
     on conflict (did) do update set handle = excluded.handle
     returning old.did as "before", new.handle as "after"`,
  )
  const said = rows.map(({ before, after }) => `${before ?? 'nothing'} → ${after}`).join(', ')
  const wanted = 'did:plc:probe1 → one.example, nothing → new.example'
  if (said !== wanted) throw differs(wanted, said)
  return 'says what stood there before (RETURNING old, new)'
}

/** Posts have accounts. Throws `AppError` `DATABASE_UNFIT`. */
export async function tryForeignKey(client: pg.Client): Promise<Finding> {
  const refused = await client
    .query(
      `insert into bluesky_post (id, user_id, time_us, operation, rev, rkey, collection, uri)
       values (gen_random_uuid(), gen_random_uuid(), 0, 'create', '', '', '', '')`,
    )
    .then(
      () => null,
      (error: unknown) => Object(error),
    )
  if (refused?.code === '23503') return 'a post of an unknown account is refused'
  throw differs('a foreign key violation', refused?.message ?? 'the row was taken')
}

/** A batch that fails leaves nothing. Throws `AppError` `DATABASE_UNFIT`. */
export async function tryRollback(client: pg.Client): Promise<Finding> {
  await client.query('begin')
  await client.query(
    `insert into bluesky_user (id, did) values (gen_random_uuid(), 'did:plc:ghost')`,
  )
  await client.query('rollback')
  const { rows } = await client.query<{ n: number }>(
    `select count(*) as "n" from bluesky_user where did = 'did:plc:ghost'`,
  )
  if (rows[0]?.n !== 0) throw differs('nothing', `${rows[0]?.n} rows`)
  await client.query('delete from bluesky_user')
  return 'leaves nothing behind'
}

/** What was wanted and what came instead. */
export function differs(wanted: string, got: string): AppError {
  return new AppError('DATABASE_UNFIT', `wanted ${wanted}, got ${got}`)
}
