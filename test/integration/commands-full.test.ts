/** What the roles and the checks say while nothing more can be taken in, and that they go on by themselves. */
import { Admin } from '@platformatic/kafka'
import { expect, inject, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { kafkaUnavailable } from '../support/kafka-jars.ts'
import { Program, runProgram } from '../support/program.ts'
import { openKafkaCluster } from '../support/real-kafka.ts'

const patience = { timeout: 60_000, interval: 200 } as const

interface Health {
  readonly asOf: string | null
  readonly components: readonly { name: string; state: string; detail: string }[]
}

async function healthOf(url: string): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health
}

async function stateOf(url: string, name: string): Promise<string | undefined> {
  return (await healthOf(url)).components.find((component) => component.name === name)?.state
}

test('while the database is away the log fills up, the roles and checks say so, and it goes on by itself', async () => {
  const server = inject('databaseUrl')
  await using database = await openTestDatabase(server)
  const name = new URL(database.url).pathname.slice(1)
  const settings = {
    DATABASE_URL: database.url,
    SYNTHETIC_RATE: '3000',
    SYNTHETIC_HISTORY_HOURS: '0',
    EVENTLOG_MAX_BYTES: '1048576',
  }
  await using program = new Program(['start', '--demo', '--json', '--port', '0'], settings)
  const { url } = JSON.parse(await program.firstLine()) as { url: string }
  await expect.poll(async () => (await healthOf(url)).asOf, patience).not.toBeNull()

  await readRows(server, `alter database ${name} with allow_connections false`)
  await readRows(
    server,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`,
    [name],
  )
  await expect.poll(() => stateOf(url, 'store'), patience).toBe('down')
  await expect.poll(() => stateOf(url, 'eventlog'), patience).toBe('degraded')
  expect(program.stderr).toMatch(/database is away/)
  for (const command of ['status', 'lag', 'db-test', 'postgres-test']) {
    const { code, stdout, stderr } = await runProgram([command], settings)
    expect(code).toBe(1)
    expect(stdout + stderr).toMatch(
      /not currently accepting connections.*\n.*PostgreSQL is running/,
    )
  }

  await readRows(server, `alter database ${name} with allow_connections true`)
  await expect.poll(() => stateOf(url, 'store'), patience).toBe('ok')
  await expect.poll(() => stateOf(url, 'eventlog'), patience).toBe('ok')
  program.kill('SIGTERM')
  expect(await program.ended).toMatchObject({ code: 0 })
})

test('while a copy is missing that must have each event ingest waits and says so, and it goes on by itself', async (context) => {
  const unavailable = kafkaUnavailable()
  context.skip(unavailable !== null, unavailable ?? undefined)
  await using cluster = await openKafkaCluster({ brokers: 3 })
  const settings = {
    KAFKA_BROKERS: cluster.bootstrap.join(','),
    KAFKA_TOPIC: 'events',
    SOURCE: 'synthetic',
    LOG_LEVEL: 'info',
    SYNTHETIC_RATE: '50',
    SYNTHETIC_HISTORY_HOURS: '0.01',
  }
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...cluster.bootstrap] })
  const configs = [{ name: 'min.insync.replicas', value: '3' }]
  await admin.createTopics({ topics: ['events'], partitions: 1, replicas: 3, configs })
  await admin.close()
  await using program = new Program(['ingest', '--json'], settings)
  await program.firstLine()
  const [, , third] = cluster.brokers
  await third?.kill('SIGTERM')
  await expect.poll(() => program.stderr, patience).toMatch(/Kafka does not take events/)
  const checked = await runProgram(['kafka-test'], settings)
  expect(checked.code).toBe(1)
  expect(checked.stdout).toMatch(/✗ copies: min\.insync\.replicas is 3.*\n.*ingest waits meanwhile/)
  await third?.start()
  await expect.poll(() => program.stderr, patience).toMatch(/Kafka takes events again/)
  program.kill('SIGTERM')
  expect(await program.ended).toMatchObject({ code: 0 })
})
