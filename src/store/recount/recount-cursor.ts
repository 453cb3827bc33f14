import type pg from 'pg'

const rowsAtOnce = 2_000

/**
 * The rows of a statement, some at a time. Belongs into a transaction of the caller's, who may use the connection between two
 * steps; one at a time on a connection.
 */
export async function* readInSteps<Row extends pg.QueryResultRow>(
  client: pg.Client,
  statement: string,
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  await client.query(`declare steps no scroll cursor for ${statement}`)
  for (;;) {
    signal.throwIfAborted()
    const { rows } = await client.query<Row>(`fetch ${rowsAtOnce} from steps`)
    if (rows.length === 0) break
    yield rows
  }
  await client.query('close steps')
}
