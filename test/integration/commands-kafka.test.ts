import { Admin } from '@platformatic/kafka'
import { beforeEach, expect, inject, test } from 'vitest'
import { readEndOffsets } from '../../src/eventlog/kafka/end-offsets.ts'
import { resultsByName } from '../support/check-results.ts'
import { openTestDatabase } from '../support/database.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { kafkaUnavailable } from '../support/kafka-jars.ts'
import { Program, runProgram } from '../support/program.ts'
import { openKafkaCluster } from '../support/real-kafka.ts'

const unavailable = kafkaUnavailable()
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

type Settings = Readonly<Record<string, string>>

async function topicsOf(bootstrap: readonly string[], topic: string): Promise<string[]> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...bootstrap] })
  const names = await admin.listTopics()
  await admin.close()
  return names.filter((name) => name.startsWith(topic)).sort()
}

/** Events of an invented network in a topic of its own, with its topic of positions. */
async function fill(settings: Settings, trusted: readonly string[]): Promise<void> {
  await using program = new Program(['ingest', '--json'], {
    ...settings,
    SOURCE: 'synthetic',
    SYNTHETIC_RATE: '50',
    SYNTHETIC_HISTORY_HOURS: '0.02',
  })
  const { topic } = JSON.parse(await program.firstLine()) as { topic: string }
  const connection = { brokers: trusted, tls: null, sasl: null }
  const sent = async () => [...(await readEndOffsets(connection, topic)).values()]
  await expect.poll(async () => Math.min(...(await sent())), { timeout: 30_000 }).toBeGreaterThan(9)
  program.kill('SIGTERM')
  expect(await program.ended).toMatchObject({ code: 0 })
}

test('kafka-test tries a good Kafka, deletes its probe, and says what is missing where nothing was read yet', async () => {
  const bootstrap = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(bootstrap)
  const name = `${topic.name}.events`
  const settings = { KAFKA_BROKERS: bootstrap.join(','), KAFKA_TOPIC: name, KAFKA_PARTITIONS: '2' }
  const missing = await runProgram(['kafka-test', '--json'], settings)
  expect(missing.code).toBe(1)
  expect(resultsByName(missing)).toMatchObject({
    Kafka: { state: 'warning', advice: [expect.stringMatching(/One broker alone/)] },
    topic: { state: 'failed', found: expect.stringMatching(/does not exist/) },
    permissions: { state: 'skipped' },
    'write and read': { state: 'ok' },
    'Kafka cleanup': { state: 'ok' },
  })
  expect(resultsByName(missing).topic?.advice.join()).toMatch(/ingest/)
  expect(await topicsOf(bootstrap, name)).toEqual([])

  const encrypted = await runProgram(['kafka-test', '--json'], { ...settings, KAFKA_SSL: 'true' })
  expect(encrypted.code).toBe(1)
  expect(resultsByName(encrypted).Kafka?.advice.join()).toMatch(/KAFKA_SSL/)

  await fill(settings, bootstrap)
  const good = await runProgram(['kafka-test', '--json'], settings)
  expect(good).toMatchObject({ code: 0, stderr: '' })
  const results = resultsByName(good)
  expect(Object.values(results).map(({ state }) => state)).not.toContain('failed')
  expect(results.topic?.found).toMatch(/: 2 partitions, 1 copy/)
  expect(results.permissions?.found).toBe(`may read and write ${name}`)
  expect(results['send latency']?.found).toMatch(/p50 .* p99/)
  expect(await topicsOf(bootstrap, name)).toEqual([name, `${name}.positions`])
})

test('kafka-test that is interrupted deletes its topic, and is no success', async () => {
  const bootstrap = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(bootstrap)
  const settings = { KAFKA_BROKERS: bootstrap.join(','), KAFKA_TOPIC: topic.name }
  await using program = new Program(['kafka-test'], settings)
  const probes = () => topicsOf(bootstrap, `${topic.name}.probe-`)
  await expect.poll(probes, { timeout: 30_000, interval: 10 }).toHaveLength(1)
  program.kill('SIGINT')
  expect(await program.ended).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/interrupted/),
  })
  await expect.poll(probes, { timeout: 10_000 }).toEqual([])
})

test('kafka-test warns of settings that lose events', async () => {
  const bootstrap = await sharedKafka(inject('kafkaDoor'))
  await using bad = await openTestTopic(bootstrap, {
    configs: {
      'cleanup.policy': 'compact',
      'retention.ms': '60000',
      'max.message.bytes': '1000',
    },
  })
  const settings = { KAFKA_BROKERS: bootstrap.join(','), KAFKA_TOPIC: bad.name }
  const { topic, copies } = resultsByName(await runProgram(['kafka-test', '--json'], settings))
  expect(topic?.state).toBe('warning')
  for (const name of ['cleanup.policy', 'retention.ms', 'max.message.bytes'])
    expect(topic?.advice.join('\n')).toContain(`${name} is`)
  expect(copies?.state).toBe('ok')
})

test('without brokers, with none that answer, or no host of that name, what to set is said', async () => {
  const none = await runProgram(['kafka-test'])
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^KAFKA_MISSING: .*\nSet it/),
  })
  for (const [brokers, said] of [
    ['127.0.0.1:9', /ECONNREFUSED/],
    ['nowhere.invalid:9092', /ENOTFOUND|EAI_AGAIN/],
  ] as const) {
    const ended = await runProgram(['kafka-test', '--json'], { KAFKA_BROKERS: brokers })
    expect(ended.code).toBe(1)
    expect(resultsByName(ended).Kafka).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(said),
      advice: [expect.stringMatching(/KAFKA_BROKERS/)],
    })
  }
  expect((await runProgram(['kafka-test'], { KAFKA_BROKERS: 'no-port' })).code).toBe(2)
})

test('a wrong password and missing permissions are named, and what to grant', async () => {
  await using cluster = await openKafkaCluster({
    sasl: [
      { username: 'admin', password: 'admin-secret' },
      { username: 'bob', password: 'bob-secret' },
    ],
    acls: true,
  })
  const settings = {
    KAFKA_BROKERS: cluster.bootstrap.join(','),
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_SASL_USERNAME: 'bob',
    KAFKA_SASL_PASSWORD: 'wrong',
  }
  const wrong = await runProgram(['kafka-test', '--json'], settings)
  expect(wrong.code).toBe(1)
  expect(resultsByName(wrong).Kafka).toMatchObject({
    state: 'failed',
    found: expect.stringMatching(/refuses name or password/),
    advice: [expect.stringMatching(/KAFKA_SASL_PASSWORD/)],
  })
  const admin = { KAFKA_SASL_USERNAME: 'admin', KAFKA_SASL_PASSWORD: 'admin-secret' }
  await fill({ ...settings, ...admin }, cluster.trusted)
  const forbidden = await runProgram(['kafka-test', '--json'], {
    ...settings,
    KAFKA_SASL_PASSWORD: 'bob-secret',
  })
  expect(forbidden.code).toBe(1)
  const results = resultsByName(forbidden)
  expect(results).toMatchObject({
    Kafka: { found: expect.stringMatching(/logged in as bob \(PLAIN\)/) },
    topic: { state: 'failed', found: expect.stringMatching(/no permission for the topic/) },
    group: { state: 'warning', advice: [expect.stringMatching(/persistence needs Read/)] },
    'probe topic': { state: 'warning', found: expect.stringMatching(/may not create topics/) },
  })
  expect(results['write and read']).toBeUndefined()
  expect(JSON.stringify(results)).not.toContain('secret')

  await using database = await openTestDatabase(inject('databaseUrl'))
  for (const [role, password, said] of [
    ['ingest', 'wrong', /^KAFKA_REFUSED: .*name or password\nCheck KAFKA_SASL/m],
    ['ingest', 'bob-secret', /^KAFKA_REFUSED: .*no permission for the topic\n.*grant them/m],
    ['persistence', 'bob-secret', /^KAFKA_REFUSED: .*no permission for the topic\n.*grant them/m],
  ] as const) {
    const refused = await runProgram([role], {
      ...settings,
      KAFKA_SASL_PASSWORD: password,
      DATABASE_URL: database.url,
    })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(said) })
  }
})

test('lag and status count what waits in Kafka, and lag ends with 1 where it is too much', async () => {
  const bootstrap = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(bootstrap)
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = {
    KAFKA_BROKERS: bootstrap.join(','),
    KAFKA_TOPIC: `${topic.name}.events`,
    KAFKA_GROUP: topic.name,
    KAFKA_PARTITIONS: '2',
    DATABASE_URL: database.url,
  }
  await fill(settings, bootstrap)
  const before = await runProgram(['lag', '--json', '--max', '10'], settings)
  expect(before.code).toBe(1)
  const waiting = JSON.parse(before.stdout) as { lag: number; partitions: object[] }
  expect(waiting.lag).toBeGreaterThan(10)
  expect(waiting.partitions).toMatchObject([
    { partition: 0, storedOffset: null, owner: null },
    { partition: 1, storedOffset: null, owner: null },
  ])
  const status = await runProgram(['status'], settings)
  expect(status.code).toBe(1)
  expect(status.stdout).toMatch(/✗ Nothing is stored yet/)

  await using worker = new Program(['persistence', '--json'], settings)
  await worker.firstLine()
  const lagNow = async () => {
    const { stdout } = await runProgram(['lag', '--json'], settings)
    return JSON.parse(stdout) as { lag: number; partitions: { owner: string | null }[] }
  }
  await expect.poll(async () => (await lagNow()).lag, { timeout: 60_000 }).toBe(0)
  expect((await lagNow()).partitions[0]?.owner).toMatch(/^[0-9a-f]{8} on /)
  const after = await runProgram(['lag', '--max', '0'], settings)
  expect(after.code).toBe(0)
  expect(after.stdout).toMatch(/partition +stored +end +lag +behind +owner\n0 +/)
  const gone = await runProgram(['lag'], { ...settings, KAFKA_BROKERS: '127.0.0.1:9' })
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringMatching(/^KAFKA_UNAVAILABLE/) })
  worker.kill('SIGTERM')
  expect(await worker.ended).toMatchObject({ code: 0 })
})
