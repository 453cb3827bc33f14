import { explain, openClient } from '../db/pool.ts'

/**
 * Notes that a source comes in so many parts, before anything of them is stored: of what no part has stored yet nobody can say
 * that it was received. Harmless when it was done before. Throws `AppError` `DATABASE_UNAVAILABLE`.
 */
export async function registerParts(url: string, source: string, parts: number): Promise<void> {
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
  } catch (cause) {
    throw explain(cause)
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended us
  }
}
