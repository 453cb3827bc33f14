import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { openEmbedded } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { openClient } from '../src/db/pool.ts'

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string
  /** Process id of the server. */
  readonly postmaster: number
}

/** An embedded database in a folder. */
export async function openBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  const database = await openEmbedded({ dataDir, role: 'own' })
  const pidFile = await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')
  const postmaster = Number(pidFile.split('\n')[0])
  return {
    url: database.url,
    postmaster,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** Uses a database from which everything is gone, with the newest schema. */
export async function onFreshSchema<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return await withClient(url, async (client) => {
    await client.query('drop schema public cascade; create schema public')
    await migrate(client)
    await client.query('checkpoint')
    return await use(client)
  })
}

export async function withClient<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'bench' })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** Bytes of all tables with their indexes. */
export async function readSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(oid))::bigint as "bytes"
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  return rows[0]?.bytes ?? 0
}
