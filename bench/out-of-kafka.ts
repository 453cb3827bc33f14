import { readEndOffsets } from '../src/eventlog/kafka/end-offsets.ts'
import { type BenchDatabase, onFreshSchema, withClient } from './bench-database.ts'
import type { BenchKafka } from './bench-kafka.ts'
import { BenchProgram, until } from './bench-program.ts'
import { readCpuSeconds, readMaxRssBytes } from './process-cost.ts'
import { measureReplay } from './replay.ts'
import { type Line, median, megabytes, perEvent, perSecond } from './table.ts'

const rounds = 3
const workerCounts = [1, 2, 4] as const
const longestMs = 120_000

interface Stored {
  readonly rate: number
  readonly nodeUs: number
  readonly serverUs: number
  readonly brokerUs: number
  /** Of the largest process. */
  readonly rssBytes: number
}

export interface FilledTopic {
  readonly name: string
  readonly events: number
}

/** A filled topic into an empty database by so many workers, beside the replay of the same recording. */
export async function measureOutOfKafka(
  kafka: BenchKafka,
  database: BenchDatabase,
  topic: FilledTopic,
  path: string,
): Promise<Line[]> {
  const direct: Stored[] = []
  const results = new Map(workerCounts.map((workers) => [workers, [] as Stored[]]))
  for (let round = 0; round < rounds; round++) {
    direct.push(await measureDirect(database, path))
    for (const [workers, runs] of results)
      runs.push(await measureDrain(kafka, database, topic, workers))
  }
  const inProcess = median(direct.map(({ rate }) => rate))
  const lines = [...results].flatMap(([workers, runs]): Line[] => {
    const name = `Kafka to PostgreSQL, ${workers} ${workers === 1 ? 'worker' : 'workers'}`
    const rate = median(runs.map((run) => run.rate))
    return [
      [name, perSecond(rate)],
      [`part of the in-process path, ${workers}`, (rate / inProcess).toFixed(2), 'at least 0.6'],
      [`Node, PostgreSQL, broker CPU, ${workers}`, describeCost(runs)],
      [`memory of the largest worker, ${workers}`, describeMemory(runs)],
    ]
  })
  return [
    ['in-process path (replay)', perSecond(inProcess)],
    ['Node, PostgreSQL CPU of it', describeCost(direct)],
    ['memory of it', describeMemory(direct)],
    ...lines,
  ]
}

function describeCost(runs: readonly Stored[]): string {
  const of = (figure: keyof Stored) => median(runs.map((run) => run[figure]))
  const costs = [of('nodeUs'), of('serverUs')]
  if (of('brokerUs') > 0) costs.push(of('brokerUs'))
  return costs.map(perEvent).join(', ')
}

function describeMemory(runs: readonly Stored[]): string {
  return megabytes(median(runs.map((run) => run.rssBytes)))
}

async function measureDirect(database: BenchDatabase, path: string): Promise<Stored> {
  const run = await measureReplay(database, path)
  return {
    rate: run.stored / run.seconds,
    nodeUs: (run.cpuSeconds / run.stored) * 1e6,
    serverUs: (run.serverCpuSeconds / run.stored) * 1e6,
    brokerUs: 0,
    rssBytes: run.maxRssBytes,
  }
}

/**
 * From the moment that a worker has partitions until everything is stored. Starting the processes is left out, as it is for
 * `replay`, and so is Kafka's wait for more members.
 */
async function measureDrain(
  kafka: BenchKafka,
  database: BenchDatabase,
  { name, events }: FilledTopic,
  workers: number,
): Promise<Stored> {
  const ends = await readEndOffsets(kafka.connection, name)
  const end = [...ends.values()].reduce((sum, offset) => sum + offset, 0)
  return await onFreshSchema(database.url, async () => {
    await using scope = new AsyncDisposableStack()
    const settings = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: kafka.brokers,
      KAFKA_TOPIC: name,
      KAFKA_GROUP: `bench.${crypto.randomUUID()}`,
      LOG_LEVEL: 'info',
    }
    const programs = Array.from({ length: workers }, () =>
      scope.use(new BenchProgram(['persistence', '--json'], settings)),
    )
    const deadlineMs = performance.now() + longestMs
    const assigned = () => {
      const times = programs.flatMap((program) => program.loggedMs('partitions assigned') ?? [])
      return times.length > 0 ? Math.min(...times) : null
    }
    await until(deadlineMs, programs, async () => assigned() !== null)
    const pids = programs.map(({ pid }) => pid)
    const before = await readCosts(pids, database, kafka)
    await withClient(database.url, (client) =>
      until(deadlineMs, programs, async () => {
        const text = `select coalesce(sum(next_offset), 0)::bigint as "next" from position`
        const { rows } = await client.query<{ next: string }>(text)
        return Number(rows[0]?.next) >= end
      }),
    )
    const seconds = (performance.now() - (assigned() ?? 0)) / 1_000
    const after = await readCosts(pids, database, kafka)
    const sizes = await Promise.all(
      pids.map(async (pid) => (await readMaxRssBytes(pid)) ?? Number.NaN),
    )
    const us = (part: 0 | 1 | 2) => ((after[part] - before[part]) / events) * 1e6
    const costs = { nodeUs: us(0), serverUs: us(1), brokerUs: us(2) }
    return { rate: events / seconds, ...costs, rssBytes: Math.max(...sizes) }
  })
}

/** Processor seconds of the workers, of PostgreSQL and of the broker. */
async function readCosts(
  workers: readonly number[],
  { postmaster }: BenchDatabase,
  { pid }: BenchKafka,
): Promise<readonly [number, number, number]> {
  const known = async (of: number) => (await readCpuSeconds(of)) ?? Number.NaN
  const each = await Promise.all(workers.map(known))
  return [each.reduce((sum, cost) => sum + cost, 0), await known(postmaster), await known(pid)]
}
