import { lookAtDatabase } from '../pipeline/database.ts'
import { postgresChecks } from '../pipeline/postgres-suite.ts'
import { runChecks } from './check-list.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'

/**
 * Tries everything that is asked of PostgreSQL on the database in use, in a schema of its own that is dropped at the end also
 * after a failure or Ctrl-C. False where something failed.
 */
export async function postgresTest(
  flags: DatabaseFlags,
  { signal }: CommandContext,
): Promise<boolean> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  return runChecks(
    postgresChecks(() => lookAtDatabase(config, logger), signal),
    { json: flags.json === true, signal },
  )
}
