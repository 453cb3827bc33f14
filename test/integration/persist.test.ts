import { pino } from 'pino'
import { expect, inject, test } from 'vitest'
import { createInProcessLog } from '../../src/eventlog/in-process.ts'
import { persist } from '../../src/pipeline/persist.ts'
import { StatusBoard } from '../../src/pipeline/status-board.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { commit, framesOf } from '../support/events.ts'

test('an event that meets a lost database is stored when it is back, though no other event comes', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const reopen = () => openStore({ url: database.url, source: 'jetstream' })
  const store = await reopen()
  await readRows(
    database.url,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'store jetstream'
     and datname = current_database()`,
  )
  const log = createInProcessLog(1_000_000)
  const stop = new AbortController()
  const stored = Promise.withResolvers<void>()
  const board = new StatusBoard()
  const running = persist({
    log,
    store,
    reopen,
    maxFrames: 100,
    maxWaitMs: 1,
    signal: stop.signal,
    logger: pino({ level: 'silent' }),
    board,
    onStored: () => stored.resolve(),
  })
  await log.append({ frames: framesOf([commit()]), gaps: [] }, stop.signal)
  await stored.promise
  expect(board.get('store')?.state).toBe('ok')
  expect(await readRows(database.url, 'select 1 from bluesky_post')).toHaveLength(1)
  stop.abort()
  await running
})
