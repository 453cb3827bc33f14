import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openClient } from '../../src/db/pool.ts'

const template = 'template_migrated'

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string
  }
}

/** Vitest global setup: one PostgreSQL for the whole run, with a migrated database to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-test-'))
  const server = await openEmbedded({ dataDir, role: 'own' })
  await execute(server.url, `create database ${template}`)
  const client = await openClient({
    url: withDatabase(server.url, template),
    statementTimeoutMs: 0,
    applicationName: 'test setup',
  })
  await migrate(client)
  await client.end()
  project.provide('databaseUrl', server.url)
  return async () => {
    await server[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  }
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/** A database of its own, cloned from the migrated template (about 50 ms); dropped at the end of the scope. */
export async function openTestDatabase(
  serverUrl: string,
  options: { migrated?: boolean } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const source = options.migrated === false ? 'template0' : template
  await execute(serverUrl, `create database ${name} template ${source}`)
  return {
    url: withDatabase(serverUrl, name),
    [Symbol.asyncDispose]: () => execute(serverUrl, `drop database ${name} with (force)`),
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'test' })
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.toString()
}
