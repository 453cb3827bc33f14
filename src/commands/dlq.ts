import { openPool, type Pool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import type { DeadLetterChoice } from '../store/dead-letters.ts'
import { configOf, type DatabaseFlags, databaseSettings } from './command-context.ts'

/** Flags that choose among the messages that were set aside. */
export interface DlqFlags extends DatabaseFlags {
  readonly reason?: string
  readonly all?: boolean
}

/** The database in use, for commands on messages that were set aside. */
export async function openDlq(
  flags: DatabaseFlags,
): Promise<{ readonly url: string; readonly db: Pool } & AsyncDisposable> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using scope = new AsyncDisposableStack()
  const { url } = scope.use(await lookAtDatabase(config, logger))
  const db = scope.use(
    openPool({ url, max: 1, statementTimeoutMs: 0, applicationName: 'bluesky-analytics dlq' }),
  )
  const owned = scope.move()
  return { url, db, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Exactly one of an id, a reason and all. Throws `USAGE_INVALID`. */
export function chooseDeadLetters(id: string | undefined, flags: DlqFlags): DeadLetterChoice {
  const ways = [id, flags.reason, flags.all].filter((way) => way !== undefined)
  if (ways.length !== 1) {
    throw new AppError('USAGE_INVALID', 'say which: an id, --reason or --all', {
      hint: 'dlq list shows ids and reasons.',
    })
  }
  return { ...(id !== undefined && { id: requireId(id) }), reason: flags.reason }
}

/** Throws `USAGE_INVALID` for what is no id. */
export function requireId(id: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id
  throw new AppError('USAGE_INVALID', `${id} is no id of a message`, {
    hint: 'dlq list shows them.',
  })
}
