import pg from 'pg'
import { AppError } from '../errors.ts'
import type { Sql } from './sql.ts'

export interface PoolOptions {
  readonly url: string
  /** Most connections at a time. */
  readonly max: number
  /** A statement that runs longer is cancelled; 0 for never. */
  readonly statementTimeoutMs: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
}

/** Connections to PostgreSQL, for statements that stand alone. */
export interface Pool extends AsyncDisposable {
  /**
   * Rows of one statement. Throws `AppError` `DATABASE_UNAVAILABLE` or `QUERY_TOO_SLOW`; when the signal aborts, the server
   * is told to stop and the signal's reason is thrown.
   */
  query<Row extends object>(statement: Sql, signal?: AbortSignal): Promise<Row[]>
}

/** After so long without a word the other side is asked whether it is there; the system's own two hours are too long. */
const keepAliveMs = 30_000

// bigint columns here are counts and microseconds, all below 2^53; numbers are what the callers compute with.
const int8 = 20
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

export function openPool(options: PoolOptions): Pool {
  const pool = new pg.Pool({
    ...connectionSettings(options),
    max: options.max,
  })
  // An idle connection that breaks is replaced at the next query; the query reports what matters.
  pool.on('error', () => undefined)
  return {
    async query<Row extends object>(statement: Sql, signal?: AbortSignal) {
      try {
        if (signal) return await queryUntil<Row>(options, pool, statement, signal)
        const result = await pool.query<Row>(statement.text, [...statement.values])
        return result.rows
      } catch (cause) {
        if (signal?.aborted) throw signal.reason
        throw explain(cause)
      }
    },
    [Symbol.asyncDispose]: () => (pool.ended ? Promise.resolve() : pool.end()),
  }
}

/** One connection of its own, for transactions and COPY. The caller ends it. */
export async function openClient(options: Omit<PoolOptions, 'max'>): Promise<pg.Client> {
  const client = new pg.Client(connectionSettings(options))
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    await client.end().catch(() => undefined) // half a connection would keep the process alive
    const known = explain(cause)
    if (known instanceof AppError) throw known
    throw unavailable(cause)
  }
  return client
}

async function queryUntil<Row extends object>(
  options: PoolOptions,
  pool: pg.Pool,
  statement: Sql,
  signal: AbortSignal,
): Promise<Row[]> {
  signal.throwIfAborted()
  const client = await pool.connect()
  let cancelling: Promise<void> | undefined
  const cancel = () => {
    cancelling = cancelStatement(options, client)
  }
  signal.addEventListener('abort', cancel)
  // A broken connection fails the statement, which says so; without a listener it would end the process.
  const ignore = () => undefined
  client.on('error', ignore)
  try {
    signal.throwIfAborted()
    const result = await client.query<Row>(statement.text, [...statement.values])
    return result.rows
  } finally {
    signal.removeEventListener('abort', cancel)
    // A cancellation under way must not meet the statement of whoever gets this connection next.
    await cancelling
    client.off('error', ignore)
    client.release()
  }
}

/** Over a connection of its own, because those of the pool may all be busy with what is to be cancelled. */
async function cancelStatement(options: PoolOptions, client: pg.PoolClient): Promise<void> {
  try {
    const messenger = await openClient({ ...options, statementTimeoutMs: 1_000 })
    const pid = Object(client).processID as number
    await messenger.query('select pg_cancel_backend($1)', [pid]).finally(() => messenger.end())
  } catch {
    // Then the statement timeout ends it.
  }
}

/** What a database error means to a caller: is it gone, was it slow, or is it about the statement. */
export function explain(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (code === '57014') {
    return new AppError(
      'QUERY_TOO_SLOW',
      'the database took longer than allowed for this question',
      {
        cause,
        hint: 'Ask for a shorter range.',
      },
    )
  }
  if (isConnectionTrouble(code, cause.message)) {
    return unavailable(cause)
  }
  return cause
}

function unavailable(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = String(Object(cause).code ?? '')
  return new AppError('DATABASE_UNAVAILABLE', `${whatIsWrong(code)}: ${message}`, {
    cause,
    hint: whatToDo(code),
  })
}

const diskFull = '53100'
/** What a standby says, such as the server that was the primary before a failover. */
const readOnly = '25006'
const lockTimeout = '55P03'

function whatIsWrong(code: string): string {
  if (code === diskFull) return 'the disk of the database is full'
  if (code === readOnly) return 'the database takes no writes'
  if (code === lockTimeout) return 'others hold what is needed'
  if (code.startsWith('40')) return 'other writers kept ending this transaction'
  return 'cannot reach the database'
}

function whatToDo(code: string): string {
  switch (code) {
    case diskFull:
      return 'Make room there; where the server has stopped, start it then.'
    case readOnly:
      return 'Point DATABASE_URL at the primary, by a name that follows it after a failover.'
    case lockTimeout:
      return 'Run it again when they have ended; pg_locks says who it is.'
    case '40001':
    case '40P01':
      return 'It is tried again; where it goes on, run fewer writers of this database.'
    case '28P01':
    case '28000':
      return 'Check the user name and the password in DATABASE_URL, and pg_hba.conf of the server.'
    case '3D000':
      return 'Create it with createdb, or correct the name at the end of DATABASE_URL.'
    case '53300':
      return 'Raise max_connections of the server, or stop what holds its connections.'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Check the host in DATABASE_URL: its name cannot be resolved.'
    default:
      return 'Check that PostgreSQL is running and that DATABASE_URL is right.'
  }
}

// SQLSTATE classes 08 (connection), 40 (conflict, lost too often), 57P (shutdown), 53 (resources), 28 (authorisation), 3D (no
// such database), 25006: a standby, where a primary was, and 55P03: a lock that was not to be had in time.
function isConnectionTrouble(code: string, message: string): boolean {
  return (
    /^(08|40|57P|53|28|3D|25006|55P03)/.test(code) ||
    /^(ECONN|ENOTFOUND|EHOST|ETIMEDOUT|EPIPE|EAI_)/.test(code) ||
    /not currently accepting connections|Connection terminated|timeout exceeded when trying to connect|Client has encountered/.test(
      message,
    )
  )
}

function connectionSettings(options: Omit<PoolOptions, 'max'>): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    ...(options.statementTimeoutMs > 0 && { statement_timeout: options.statementTimeoutMs }),
    types,
  }
}
