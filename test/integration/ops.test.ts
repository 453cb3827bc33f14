import { spawnSync } from 'node:child_process'
import { expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createInProcessLog } from '../../src/eventlog/in-process.ts'
import { meterLog } from '../../src/eventlog/metrics.ts'
import { openFollow } from '../../src/pipeline/follow.ts'
import { openOps } from '../../src/pipeline/operations.ts'
import { createProcessTelemetry } from '../../src/pipeline/process-telemetry.ts'
import { openServe } from '../../src/pipeline/serve.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { openTestDatabase } from '../support/database.ts'
import { parsePrometheusText } from '../support/prometheus-text.ts'
import { openRows } from '../support/rows.ts'

const logger = createLogger('silent')
const config = readConfig({ PORT: '0', SOURCE: 'synthetic', SYNTHETIC_HISTORY_HOURS: '0.1' })

test('a whole process tells its numbers as text that Prometheus reads', async () => {
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await openTestDatabase(inject('databaseUrl')))
  const rows = scope.use(await openRows(database.url))
  await rows.client.query(
    `insert into raw_message (id, error, host, wire) values (gen_random_uuid(), 'broken', 'h', 'v1')`,
  )
  const stopped = new AbortController()
  const telemetry = createProcessTelemetry('start')
  const server = scope.use(
    await openServe({ config, databaseUrl: database.url, telemetry, logger }),
  )
  const follow = await openFollow({
    config,
    databaseUrl: database.url,
    board: telemetry.board,
    telemetry,
    logger,
    signal: stopped.signal,
  })
  scope.defer(async () => {
    stopped.abort()
    await follow.done
  })
  const scrape = async () => {
    const response = await fetch(`${server.url}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    return response.text()
  }
  const readValue = (text: string, name: string) =>
    parsePrometheusText(text).get(name)?.samples[0]?.value
  await expect
    .poll(async () => readValue(await scrape(), 'bluesky_store_events_total'), { timeout: 20_000 })
    .toBeGreaterThan(0)
  expect((await fetch(`${server.url}/api/v1/users?limit=3`)).status).toBe(200)
  expect((await fetch(`${server.url}/nothing/${Math.random()}`)).status).toBe(404)
  const text = await scrape()
  const families = parsePrometheusText(text)
  const samples = (name: string) => families.get(name)?.samples ?? []

  expect(samples('bluesky_build_info')).toMatchObject([{ labels: { role: 'start' }, value: 1 }])
  expect(samples('bluesky_source_frames_total')[0]?.value).toBeGreaterThan(0)
  expect(samples('bluesky_log_appended_frames_total')[0]?.value).toBeGreaterThan(0)
  expect(samples('bluesky_dead_letters')[0]?.value).toBe(1)
  expect(samples('bluesky_database_bytes')[0]?.value).toBeGreaterThan(1_000_000)
  const up = Object.fromEntries(
    samples('bluesky_component_up').map(({ labels, value }) => [labels.component, value]),
  )
  expect(up).toMatchObject({ database: 1, collections: 1, eventlog: 1, store: 1 })
  const routes = samples('bluesky_http_request_seconds').map(({ labels }) => labels.route)
  expect(new Set(routes)).toEqual(new Set(['/api/v1/users', 'other']))
  checkWithPromtool(text)

  for (const path of ['/livez', '/readyz']) {
    const response = await fetch(server.url + path)
    expect([path, response.status]).toEqual([path, 200])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ ok: true })
  }
})

test('a process without a database tells its own state, and nothing else', async () => {
  const telemetry = createProcessTelemetry('ingest')
  await using ops = await openOps({ config, telemetry, databaseUrl: null, logger })
  const ask = async (path: string) => {
    const response = await fetch(ops.url + path)
    return { status: response.status, body: await response.json() }
  }
  // Kafka was not reached yet.
  expect(await ask('/livez')).toMatchObject({ status: 200, body: { ok: true, checks: [] } })
  expect(await ask('/readyz')).toMatchObject({
    status: 503,
    body: { ok: false, checks: [{ name: 'eventlog', ok: false }] },
  })
  telemetry.board.set('eventlog', 'ok', 'topic')
  telemetry.board.set('source', 'down', 'no network')
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: { ok: true } })
  expect(await ask('/health')).toMatchObject({
    status: 200,
    body: {
      status: 'down',
      ready: true,
      source: 'synthetic',
      asOf: null,
      partitions: [],
      components: [
        { name: 'eventlog', state: 'ok' },
        { name: 'source', state: 'down' },
      ],
    },
  })
  telemetry.board.set('eventlog', 'down', 'no broker')
  expect(await ask('/health')).toMatchObject({ status: 503, body: { ready: false } })
  expect(await ask('/readyz')).toMatchObject({ status: 503 })
  const metrics = await (await fetch(`${ops.url}/metrics`)).text()
  expect(metrics).toContain('bluesky_component_up{component="eventlog"} 0\n')
  expect(metrics).not.toMatch(/^bluesky_(database_bytes|dead_letters) /m)

  for (const path of ['/', '/api/v1/posts', '/api/docs/', '/db-test']) {
    const refused = await fetch(ops.url + path, { headers: { accept: 'text/html' } })
    expect([path, refused.status]).toEqual([path, 404])
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(refused.headers.get('x-frame-options')).toBe('DENY')
  }
})

test('a database that is away makes a worker not ready, not dead, and its numbers are still told', async () => {
  const telemetry = createProcessTelemetry('persistence')
  const databaseUrl = 'postgresql://nobody:secret@127.0.0.1:1/none'
  await using ops = await openOps({ config, telemetry, databaseUrl, logger })
  telemetry.board.set('eventlog', 'ok', 'storing')
  telemetry.board.set('store', 'down', 'trying again')
  expect((await fetch(`${ops.url}/livez`)).status).toBe(200)
  const ready = await fetch(`${ops.url}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({
    checks: [
      { name: 'database', ok: false },
      { name: 'eventlog', ok: true },
    ],
  })
  expect((await fetch(`${ops.url}/health`)).status).toBe(503)
  const metrics = await (await fetch(`${ops.url}/metrics`)).text()
  parsePrometheusText(metrics)
  expect(metrics).toContain('bluesky_component_up{component="database"} 0\n')
  expect(metrics).not.toContain('secret')
})

test('a stage that has work and gets nothing done is reason enough to restart', async () => {
  const telemetry = createProcessTelemetry('persistence')
  const at = { ms: 0 }
  const liveness = (await import('../../src/telemetry/liveness.ts')).createLiveness(() => at.ms)
  const stuck = { ...telemetry, liveness }
  liveness.watch({ name: 'partition 3', isDue: () => true })
  await using ops = await openOps({ config, telemetry: stuck, databaseUrl: null, logger })
  const status = async () => (await fetch(`${ops.url}/livez`)).status
  at.ms = 60_000
  expect(await status()).toBe(200)
  at.ms = 360_000
  expect(await status()).toBe(503)
})

test('only names of loopback are answered on loopback', async () => {
  const telemetry = createProcessTelemetry('maintain')
  await using ops = await openOps({ config, telemetry, databaseUrl: null, logger })
  const { port } = new URL(ops.url)
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port, path: '/metrics', headers: { host: 'evil.example' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('numbers of the log are those of the log', async () => {
  const { registry } = createProcessTelemetry('start')
  const log = meterLog(createInProcessLog(1_000_000), registry)
  const position = { host: 'h', wire: 'v1', seq: null, timeUs: 1, epoch: 0 } as const
  const frame = { bytes: Buffer.from('{}'), position, receivedUs: 1 }
  await log.append({ frames: [frame, frame], gaps: [] }, new AbortController().signal)
  const families = parsePrometheusText(await registry.metrics())
  expect(families.get('bluesky_log_frames')?.samples[0]?.value).toBe(2)
  log.release(1)
  const after = parsePrometheusText(await registry.metrics())
  expect(after.get('bluesky_log_frames')?.samples[0]?.value).toBe(0)
  expect(after.get('bluesky_log_appended_frames_total')?.samples[0]?.value).toBe(2)
})

/** Prometheus's own opinion, where the machine has its tool; the parser above is always asked. */
function checkWithPromtool(text: string): void {
  const { status, error, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  })
  if (error) return
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
}
