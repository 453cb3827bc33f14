import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { isLockTimeout } from '../../db/sql-states.ts'
import { AppError } from '../../errors.ts'

/** It holds nothing meanwhile, so that nobody waits for it. */
const patienceMs = 30_000
/** First pause between two looks, and the longest: each look in vain is a line in the server's log. */
const lookMs = 5
const mostLookMs = 50

/**
 * Keeps writers from `author_key` until the transaction ends. Whether an account is behind a key on a day is seen from all of
 * its hours: a writer that adds one of them at the same time would see the others as they were. Never waits in line, where
 * every other writer would wait behind it: looks again and again for a moment in which nobody is at it. Throws `AppError`
 * `DATABASE_UNAVAILABLE` where there was no such moment.
 */
export async function lockAuthorKeys(client: pg.Client): Promise<void> {
  await client.query('savepoint authors')
  const deadline = performance.now() + patienceMs
  for (let looks = 1; ; looks++) {
    try {
      await client.query('lock table only author_key in share row exclusive mode nowait')
      return
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      await client.query('rollback to savepoint authors')
    }
    if (performance.now() > deadline) {
      throw new AppError('DATABASE_UNAVAILABLE', 'a writer of author_key does not end', {
        hint: 'What is done stays done. Run it again when that one has ended, or is stopped.',
      })
    }
    await setTimeout(Math.min(lookMs * looks, mostLookMs))
  }
}
