import { explain, openClient } from '../db/pool.ts'

export interface Parts {
  /** Name under which the positions are kept. */
  readonly source: string
  readonly parts: number
  /** Of the log that the offsets are of. */
  readonly logId: string
}

/** No log is that long: a reader is told so, begins with what there is, and knows that it missed something. */
const nowhere = Number.MAX_SAFE_INTEGER

/**
 * Notes that a source comes in so many parts, before anything of them is stored: of what no part has stored yet nobody can say
 * that it was received. Where the log is another one than the offsets were stored of, they become such that nothing of the
 * new one is taken for stored. Harmless when it was done before. Throws `AppError` `DATABASE_UNAVAILABLE`.
 */
export async function registerParts(url: string, { source, parts, logId }: Parts): Promise<void> {
  const client = await openClient({
    url,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics',
  })
  try {
    await client.query(
      `insert into position (source, part, version, host, wire, seq, time_us, first_time_us, epoch)
       select $1, part, 0, '', 'v1', null, 0, 0, 0
       from generate_series(0, $2 - 1) as part
       on conflict do nothing`,
      [source, parts],
    )
    await client.query(
      `update position
       set log_id = $2,
           next_offset = case when log_id is null or next_offset is null then next_offset else $3 end,
           version = version + 1
       where source = $1 and log_id is distinct from $2`,
      [source, logId, nowhere],
    )
  } catch (cause) {
    throw explain(cause)
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended us
  }
}
