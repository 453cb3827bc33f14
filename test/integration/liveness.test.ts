import { expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openFollow } from '../../src/pipeline/follow.ts'
import { createProcessTelemetry } from '../../src/pipeline/process-telemetry.ts'
import { createLiveness } from '../../src/telemetry/liveness.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { openTestDatabase } from '../support/database.ts'
import { openRows, type Rows } from '../support/rows.ts'

const config = readConfig({ SOURCE: 'synthetic', SYNTHETIC_HISTORY_HOURS: '0.1' })
const logger = createLogger('silent')
const minuteMs = 60_000
const waitMs = { timeout: 20_000 }

test('a commit that never ends is stuck; one that ends is progress', async () => {
  await using following = await openFollowing()
  const { at, isAlive, isDue, rows } = following
  await rows.client.query('begin')
  await rows.client.query('lock table position in access exclusive mode')
  await expect.poll(isDue, waitMs).toBe(true)
  // The first look finds the work, a later one that it is still there.
  const isAliveLater = () => {
    at.ms += 6 * minuteMs
    return isAlive()
  }
  await expect.poll(isAliveLater, waitMs).toBe(false)
  await rows.client.query('commit')
  await expect.poll(isAlive, waitMs).toBe(true)
})

test('waiting for a database that is away is no reason to restart', async () => {
  await using following = await openFollowing()
  const { at, isAlive, board, admin, name } = following
  await admin.client.query(`alter database ${name} allow_connections false`)
  await admin.client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
    [name],
  )
  await expect.poll(() => board.get('store')?.state, waitMs).toBe('down')
  for (const _ of [1, 2, 3]) {
    at.ms += 5 * minuteMs
    expect(isAlive()).toBe(true)
  }
  await admin.client.query(`alter database ${name} allow_connections true`)
  await expect.poll(() => board.get('store')?.state, waitMs).toBe('ok')
})

/** The whole program on a database of its own, with a clock for its liveness that the test moves. */
async function openFollowing() {
  await using scope = new AsyncDisposableStack()
  const serverUrl = inject('databaseUrl')
  const database = scope.use(await openTestDatabase(serverUrl))
  const rows = scope.use(await openRows(database.url))
  rows.client.on('error', () => undefined) // the second test ends every connection
  const admin = scope.use(await openRows(serverUrl))
  const at = { ms: 0 }
  const liveness = createLiveness(() => at.ms)
  const { board, registry } = createProcessTelemetry('start')
  const stopped = new AbortController()
  const follow = await openFollow({
    config,
    databaseUrl: database.url,
    board,
    telemetry: { registry, liveness },
    logger,
    signal: stopped.signal,
  })
  scope.defer(async () => {
    stopped.abort()
    await follow.done
  })
  await expect.poll(() => countEvents(rows), waitMs).toBeGreaterThan(0)
  const owned = scope.move()
  return {
    at,
    board,
    rows,
    admin,
    name: new URL(database.url).pathname.slice(1),
    isAlive: () => liveness.check().every(({ ok }) => ok),
    isDue: async () => /^bluesky_log_frames [1-9]/m.test(await registry.metrics()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function countEvents({ client }: Rows): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select count(*) as n from position')
  return Number(rows[0]?.n ?? 0)
}
