import { findDatabase } from '../pipeline/database.ts'
import { configOf, type DatabaseFlags, databaseSettings } from './command-context.ts'

/** Prints the connection string of the database in use, for psql. Starts and changes nothing. */
export async function dbUrl(flags: DatabaseFlags): Promise<void> {
  const { config } = configOf(flags, databaseSettings(flags))
  const { url, running } = await findDatabase(config)
  if (!running)
    console.error('It is not running now: the embedded database runs while Bluesky Analytics does.')
  console.log(flags.json ? JSON.stringify({ url, running }) : url)
}
