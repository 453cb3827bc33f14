import type pg from 'pg'
import { openClient } from '../db/pool.ts'
import { dropSchema, findWriters, type Holding, readHolding, requireNoWriter } from '../db/reset.ts'
import { AppError } from '../errors.ts'
import { bringUpToDate, reachDatabase } from '../pipeline/database.ts'
import { formatBytes, formatCount } from '../pipeline/numbers.ts'
import { askToType } from './ask.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { checkSchema } from './db-test.ts'

export interface DbInitFlags extends DatabaseFlags {
  readonly reset?: boolean
  readonly yes?: boolean
}

/**
 * Creates or updates the schema; harmless when there is nothing to do. With `reset` everything that is stored is dropped
 * first, when the person at the terminal types the name of the database. Throws `USAGE_INVALID` where nobody can be asked,
 * `DATABASE_IN_USE` while something is being stored.
 */
export async function dbInit(flags: DbInitFlags, { signal }: CommandContext): Promise<void> {
  if (flags.yes && !flags.reset) {
    throw new AppError('USAGE_INVALID', '--yes answers what --reset asks; alone it means nothing', {
      hint: 'db-init alone changes nothing that is stored; db-init --reset --yes drops it all.',
    })
  }
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await reachDatabase(config, 'share')
  const dropped = flags.reset === true ? await reset(database.url, flags, signal) : null
  signal.throwIfAborted()
  await bringUpToDate(database.url, logger)
  const { version } = await withClient(database.url, checkSchema)
  if (flags.json) console.log(JSON.stringify({ ok: true, schemaVersion: version, dropped }))
  else console.log(`The schema is at version ${version}${dropped ? ', and empty' : ''}`)
}

async function reset(url: string, flags: DbInitFlags, signal: AbortSignal): Promise<Holding> {
  return withClient(url, async (client) => {
    requireNoWriter(await findWriters(client))
    const holding = await readHolding(client)
    const { database, rows, bytes } = holding
    if (flags.yes !== true) {
      await askToType(database, {
        loss: `Everything stored in the database ${database} would be dropped: about ${formatCount(rows)} rows, ${formatBytes(bytes)}`,
        question: 'Type the name of the database to go on',
        signal,
      })
    }
    await dropSchema(client)
    return holding
  })
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics db-init',
  })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
