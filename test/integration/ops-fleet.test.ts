import { hostname } from 'node:os'
import { expect, inject, test } from 'vitest'
import type { Health } from '../../src/contract/health.ts'
import { openTestDatabase } from '../support/database.ts'
import { Fleet } from '../support/fleet.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { Program } from '../support/program.ts'
import { parsePrometheusText } from '../support/prometheus-text.ts'

const waitMs = 60_000

test('every role of a fleet tells its numbers and its state', async () => {
  await using scope = new AsyncDisposableStack()
  const brokers = await sharedKafka(inject('kafkaDoor'))
  const database = scope.use(await openTestDatabase(inject('databaseUrl')))
  const topic = scope.use(await openTestTopic(brokers, { partitions: 3 }))
  const fleet = new Fleet({
    brokers,
    databaseUrl: database.url,
    topic: topic.name,
    partitions: 3,
    settings: {
      SOURCE: 'synthetic',
      SYNTHETIC_RATE: '200',
      SYNTHETIC_HISTORY_HOURS: '0',
      PORT: '0',
    },
  })
  const ingest = scope.use(fleet.ingest())
  const worker = scope.use(fleet.worker())
  const maintain = scope.use(new Program(['maintain', '--json'], fleet.settings))
  const serve = scope.use(new Program(['serve', '--json'], fleet.settings))
  const urls = {
    ingest: await urlOf(ingest, 'ops'),
    persistence: await urlOf(worker, 'ops'),
    maintain: await urlOf(maintain, 'ops'),
    serve: await urlOf(serve, 'url'),
  }
  for (const url of Object.values(urls)) {
    await expect.poll(() => statusOf(`${url}/readyz`), { timeout: waitMs }).toBe(200)
    expect(await statusOf(`${url}/livez`)).toBe(200)
  }
  const componentsOf = async (url: string) =>
    (await readHealth(url)).components.map(({ name }) => name)
  await expect.poll(() => componentsOf(urls.ingest)).toEqual(['eventlog', 'source'])
  const worked = ['database', 'collections', 'coverage', 'store', 'eventlog']
  expect(await componentsOf(urls.persistence)).toEqual(worked)
  const looked = ['database', 'eventlog', 'collections', 'coverage']
  await expect.poll(() => componentsOf(urls.maintain)).toEqual([...looked, 'maintenance'])
  await expect.poll(() => componentsOf(urls.serve)).toEqual(looked)

  for (const url of [urls.persistence, urls.serve]) {
    await expect
      .poll(async () => (await readHealth(url)).partitions.map(({ lag }) => lag !== null), {
        timeout: waitMs,
      })
      .toEqual([true, true, true])
    const { partitions } = await readHealth(url)
    for (const { nextOffset, endOffset, lag } of partitions) {
      expect(lag).toBe(Math.max(0, (endOffset ?? 0) - (nextOffset ?? 0)))
    }
  }
  const { partitions } = await readHealth(urls.persistence)
  expect(new Set(partitions.map(({ owner }) => owner))).toEqual(new Set([hostname()]))

  await expect
    .poll(async () => readValue(urls.persistence, 'bluesky_store_events_total'), {
      timeout: waitMs,
    })
    .toBeGreaterThan(200)
  expect(await readValue(urls.ingest, 'bluesky_source_frames_total')).toBeGreaterThan(200)
  expect(await readValue(urls.ingest, 'bluesky_log_appended_frames_total')).toBeGreaterThan(200)
  expect(await readValue(urls.serve, 'bluesky_log_lag_frames')).toBeGreaterThanOrEqual(0)
  expect(await readValue(urls.maintain, 'bluesky_database_bytes')).toBeGreaterThan(1e6)
  expect(await readValue(urls.ingest, 'bluesky_database_bytes')).toBeUndefined()
})

async function urlOf(program: Program, name: string): Promise<string> {
  return JSON.parse(await program.firstLine())[name]
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.status
}

async function readHealth(url: string): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health
}

async function readValue(url: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return parsePrometheusText(text).get(name)?.samples[0]?.value
}
