/**
 * Everything that this program asks of PostgreSQL, tried on a real one in a schema that is made for it and dropped at the end.
 *
 * Guarantees: nothing outside of that schema is touched, and it is gone when the last check has run, or when the checks are
 * left before; one that a killed run left behind is dropped by the next. Never: leaves the search path to chance.
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { migrate } from '../db/migrate.ts'
import { openClient } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import type { Check, Finding } from './check.ts'
import { foldChecks } from './postgres-fold.ts'
import { adviseOnSettings, type ServerSetting, watchedSettings } from './postgres-settings.ts'
import { speedChecks } from './postgres-speed.ts'
import { differs, tryForeignKey, tryInsert, tryRollback, tryUpsert } from './postgres-statements.ts'

const prefix = 'bluesky_analytics_test_'
/** Held by a run on the hash of its schema's name: a schema without it is a killed run's. */
const runLock = 0x62736b74
const roundTrips = 10
const slowRoundTripMs = 5

/** The checks in order. @param open the database in use */
export async function* postgresChecks(
  open: () => Promise<{ url: string } & AsyncDisposable>,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  await using scope = new AsyncDisposableStack()
  const schema = prefix + randomBytes(4).toString('hex')
  const place: { url: string; outside: pg.Client | null; inside: pg.Client | null } = {
    url: '',
    outside: null,
    inside: null,
  }
  const outside = () => require(place.outside)
  const inside = () => require(place.inside)
  scope.defer(async () => place.outside?.end())

  yield {
    name: 'connect',
    async run() {
      const { url } = scope.use(await open())
      place.outside = await openClient({ url, ...as })
      place.url = withSearchPath(url, schema)
      return describeConnection(place.outside)
    },
  }
  yield { name: 'server', requires: 'connect', run: () => checkServer(outside()) }
  yield { name: 'settings', requires: 'connect', run: () => checkSettings(outside()) }
  yield {
    name: 'permissions',
    requires: 'server',
    async run() {
      await requireUsual(outside())
      await dropLeftovers(outside())
      await createSchema(outside(), schema)
      // Whatever happens from here on, the schema goes.
      scope.defer(async () => {
        await dropSchema(place, schema).catch(() => undefined)
      })
      place.inside = await openInside(place.url, schema)
      return `may create schemas, tables and temporary tables; trying the rest in ${schema}`
    },
  }
  yield {
    name: 'migrations',
    requires: 'permissions',
    async run() {
      const applied = await migrate(inside())
      return `${applied.length} applied: ${applied.join(', ')}`
    },
  }
  const needsTables = { requires: 'migrations' } as const
  yield { ...needsTables, name: 'insert', run: () => tryInsert(inside()) }
  yield { ...needsTables, name: 'upsert', run: () => tryUpsert(inside()) }
  yield { ...needsTables, name: 'foreign key', run: () => tryForeignKey(inside()) }
  yield { ...needsTables, name: 'rollback', run: () => tryRollback(inside()) }
  yield* foldChecks(() => ({ url: place.url, client: inside() }), 'migrations')
  yield* speedChecks(inside, 'permissions', signal)
  yield {
    name: 'cleanup',
    requires: 'permissions',
    run: () => dropSchema(place, schema),
  }
}

const as = { statementTimeoutMs: 0, applicationName: 'bluesky-analytics postgres-test' } as const

function require(client: pg.Client | null): pg.Client {
  if (client) return client
  throw new AppError('DATABASE_UNAVAILABLE', 'there is no connection')
}

/** Every connection of the address, those of the store too, finds its tables in the schema alone. */
function withSearchPath(url: string, schema: string): string {
  const changed = new URL(url)
  const options = changed.searchParams.get('options')
  const own = `-c search_path=${schema}`
  changed.searchParams.set('options', options === null ? own : `${options} ${own}`)
  return changed.toString()
}

async function describeConnection(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ user: string; database: string; tls: string | null }>(
    `select current_user as "user", current_database() as "database",
            (select version || ', ' || cipher from pg_stat_ssl where pid = pg_backend_pid() and ssl) as "tls"`,
  )
  const times: number[] = []
  for (let i = 0; i < roundTrips; i++) {
    const started = performance.now()
    await client.query('select 1')
    times.push(performance.now() - started)
  }
  const ms = times.sort((a, b) => a - b)[Math.floor(roundTrips / 2)] ?? 0
  const { user, database, tls } = rows[0] ?? { user: '', database: '', tls: null }
  const found = `${user} at database ${database}, ${tls ?? 'not encrypted'}, round trip ${ms.toFixed(2)} ms`
  const slow = `A round trip above ${slowRoundTripMs} ms slows storing, which takes about ten of them a batch: run it near the database.`
  return { found, advice: ms > slowRoundTripMs ? [slow] : [] }
}

async function checkServer(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{
    version: string
    number: number
    encoding: string
    replica: boolean
    readOnly: string
  }>(
    `select current_setting('server_version') as "version",
            current_setting('server_version_num')::int as "number",
            current_setting('server_encoding') as "encoding",
            pg_is_in_recovery() as "replica",
            current_setting('default_transaction_read_only') as "readOnly"`,
  )
  const [server] = rows
  const unfit = (what: string, hint: string) => new AppError('DATABASE_UNFIT', what, { hint })
  if (!server) throw unfit('the server says nothing about itself', 'Is it PostgreSQL?')
  const { version, number, encoding, replica, readOnly } = server
  if (number < 180_000) {
    throw unfit(`PostgreSQL ${version}, 18 is needed`, 'Point DATABASE_URL at a PostgreSQL 18.')
  }
  if (encoding !== 'UTF8') {
    const hint = "Make it anew: create database … encoding 'UTF8' template template0."
    throw unfit(`the encoding of the database is ${encoding}`, hint)
  }
  if (replica) throw unfit('it is a replica', 'Point DATABASE_URL at the primary.')
  if (readOnly === 'on') {
    throw unfit('transactions are read only', 'Set default_transaction_read_only to off.')
  }
  return `PostgreSQL ${version}, encoding ${encoding}`
}

async function checkSettings(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<ServerSetting & { shown: string }>(
    `select name as "name", setting as "value", unit as "unit", current_setting(name) as "shown"
     from pg_settings
     where name = any($1)
     order by array_position($1, name)`,
    [watchedSettings],
  )
  const found = rows.map(({ name, shown }) => `${name} ${shown}`).join(', ')
  return { found, advice: adviseOnSettings(rows) }
}

async function createSchema(client: pg.Client, schema: string): Promise<void> {
  await client.query('select pg_advisory_lock($1, hashtext($2))', [runLock, schema])
  try {
    await client.query(`create schema ${schema}`)
  } catch (cause) {
    const { rows } = await client.query<{ database: string; user: string }>(
      `select quote_ident(current_database()) as "database", quote_ident(current_user) as "user"`,
    )
    const [{ database, user } = { database: '', user: '' }] = rows
    throw new AppError('DATABASE_UNFIT', `cannot create a schema: ${(cause as Error).message}`, {
      cause,
      hint: `Only this test needs that: grant create on database ${database} to ${user}.`,
    })
  }
}

/** What every start needs, in the schema where the tables of this program are or will be. */
async function requireUsual(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ schema: string | null; create: boolean; temp: boolean }>(
    `select current_schema() as "schema",
            coalesce(has_schema_privilege(current_schema(), 'create'), false) as "create",
            has_database_privilege(current_database(), 'temporary') as "temp"`,
  )
  const [{ schema, create, temp } = { schema: null, create: false, temp: false }] = rows
  if (create && temp) return
  const what = create ? 'temporary tables' : `tables in the schema ${schema ?? 'public'}`
  throw new AppError('DATABASE_UNFIT', `the account may not create ${what}`, {
    hint: create
      ? 'grant temporary on database … to the account of DATABASE_URL.'
      : `grant usage, create on schema ${schema ?? 'public'} to the account of DATABASE_URL.`,
  })
}

async function openInside(url: string, schema: string): Promise<pg.Client> {
  const client = await openClient({ url, ...as }).catch((cause: unknown) => {
    throw new AppError('DATABASE_UNFIT', `cannot choose a schema: ${(cause as Error).message}`, {
      cause,
      hint: 'A pooler that refuses the parameter "options" is in between: name PostgreSQL itself in DATABASE_URL for this test.',
    })
  })
  const { rows } = await client.query<{ schema: string }>('select current_schema() as "schema"')
  if (rows[0]?.schema === schema) return client
  await client.end()
  throw new AppError('DATABASE_UNFIT', 'the choice of a schema is ignored', {
    hint: 'A pooler in between drops the parameter "options": name PostgreSQL itself in DATABASE_URL for this test.',
  })
}

async function dropSchema(
  place: { outside: pg.Client | null; inside: pg.Client | null },
  schema: string,
): Promise<Finding> {
  const { outside, inside } = place
  place.inside = null
  await inside?.end()
  if (!outside) return 'there was nothing to drop'
  await outside.query(`set client_min_messages = warning`)
  await outside.query(`drop schema if exists ${schema} cascade`)
  const { rows } = await outside.query<{ left: boolean }>(
    'select to_regnamespace($1) is not null as "left"',
    [schema],
  )
  if (rows[0]?.left) throw differs('an empty place', `schema ${schema} is still there`)
  return `schema ${schema} is gone with everything in it`
}

/** Drops schemas whose run was killed: nobody holds their lock any more. */
async function dropLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ schema: string }>(
    `select nspname as "schema" from pg_namespace
     where starts_with(nspname, $1) and pg_has_role(nspowner, 'usage')`,
    [prefix],
  )
  for (const { schema } of rows) {
    if (!/^\w+$/.test(schema)) continue
    const taken = await client.query<{ mine: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as "mine"',
      [runLock, schema],
    )
    if (!taken.rows[0]?.mine) continue
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [runLock, schema])
  }
}
