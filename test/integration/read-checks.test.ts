import { expect, test } from 'vitest'
import { dbTest, jetstreamTest } from '../../src/contract/checks.ts'
import { health } from '../../src/contract/health.ts'
import { openReader } from '../../src/read/read.ts'
import { openReading, wellHealth } from '../support/reading.ts'

test('health is as bad as the worst component', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  expect(await ask(health, {})).toMatchObject({ status: 'ok', asOf: null, lagMs: null })
  await rows.listened('2026-07-04T14:00:00Z', '2026-07-04T14:59:58Z', 'synthetic:1')
  expect(await ask(health, {})).toMatchObject({
    source: 'jetstream',
    synthetic: true,
    asOf: '2026-07-04T14:59:58.000Z',
    lagMs: 2_000,
  })
  const source = { name: 'source', since: '2026-07-04T14:00:00Z', detail: 'No route' } as const
  reading.health = { ...wellHealth, components: [{ ...source, state: 'down' }] }
  const troubled = await ask(health, {})
  expect(troubled.status).toBe('down')
  expect(troubled.components.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'database ok',
    'collections ok',
    'coverage ok',
    'source down',
  ])
})

test('a database that is away is told, not thrown', async () => {
  await using reader = openReader({
    url: 'postgresql://nobody:secret@127.0.0.1:1/none',
    poolSize: 1,
    statementTimeoutMs: 1_000,
    process: {
      health: () => wellHealth,
      probeSource: () => Promise.reject(new Error('not asked')),
    },
  })
  const { signal } = new AbortController()
  const state = await reader.ask(health, {}, signal)
  expect(state.status).toBe('down')
  expect(state.components[0]).toMatchObject({ name: 'database', state: 'down' })
  const check = await reader.ask(dbTest, {}, signal)
  expect(check).toMatchObject({ ok: false, version: null })
  expect(JSON.stringify([state, check])).not.toContain('secret')
})

test('the database check names the server, the schema and every table', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const check = await reading.ask(dbTest, {})
  expect(check).toMatchObject({ ok: true, version: expect.stringMatching(/^18\./) })
  expect(check.schemaVersion).toBeGreaterThan(0)
  const names = check.tables.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['bluesky_post', 'bluesky_user', 'count_minute']))
  expect(names).not.toContain('bluesky_post_other')
})

test('the source check asks the process for as many seconds as wanted', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  expect(await reading.ask(jetstreamTest, { seconds: '2' })).toMatchObject({ events: 14 })
})

test('a question that nobody waits for any more is stopped in the database', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { client } = reading.rows
  // The question has to wait for this lock, so that it is running when it is given up.
  await client.query('begin')
  await client.query('lock table bluesky_user in access exclusive mode')
  const controller = new AbortController()
  const asked = reading.reader.ask(health, {}, controller.signal)
  const stuck = reading.reader.ask(
    (await import('../../src/contract/users.ts')).listUsers,
    { limit: 1 },
    controller.signal,
  )
  await asked
  const waiting = async () => {
    const { rows } = await client.query(
      `select 1 from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows.length
  }
  await expect.poll(waiting).toBe(1)
  controller.abort(new Error('the client left'))
  await expect(stuck).rejects.toThrow('the client left')
  expect(await waiting()).toBe(0)
  await client.query('rollback')
})
