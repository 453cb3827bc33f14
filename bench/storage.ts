import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { readConfig } from '../src/config.ts'
import type { Frame } from '../src/event/frame.ts'
import { readStorage, type StorageReport } from '../src/pipeline/storage-report.ts'
import { generateFrames, hostOf } from '../src/source/synthetic/recording.ts'
import { settlePartition } from '../src/store/recount/settle-partition.ts'
import { partitionedTables } from '../src/store/space/partitioned-tables.ts'
import { createPartitions } from '../src/store/space/partitions.ts'
import {
  dropRetired,
  listPartitions,
  type Partition,
  retirePartition,
} from '../src/store/space/retention-partitions.ts'
import { openStore } from '../src/store/store.ts'
import { onFreshSchema, openBenchDatabase } from './bench-database.ts'
import { type Line, megabytes, printTable } from './table.ts'

const standardEvents = 2_000_000
const batchEvents = 5_000
/** Whole days, because that is what the report measures; what is foretold comes from the first two. */
const days = 8
const looksAt = [2, 4, 6, 8]
const seed = 1
const dayS = 86_400
/** No limit: a server of somebody's own. */
const settings = readConfig({ DATABASE_URL: 'postgresql://bench@127.0.0.1/bench' })
const { signal } = new AbortController()

/**
 * How well the storage report foretells: so many synthetic events in eight days, measured on the way, beside what the report
 * says after two of them. Then how long others wait while a day is dropped, and how long the rest takes.
 */
export async function benchStorage(): Promise<void> {
  const events = Number(process.argv[3] ?? standardEvents)
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-bench-'))
  try {
    await using database = await openBenchDatabase(dataDir)
    await onFreshSchema(database.url, async (client) => {
      const reports = await load(client, database.url, events / (days * dayS))
      printTable([...fitLines(reports), ...(await dropLines(client))])
    })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function load(client: pg.Client, url: string, rate: number): Promise<StorageReport[]> {
  await using store = await openStore({ url, source: hostOf(seed) })
  const reports: StorageReport[] = []
  const today = Math.floor(Date.now() / 1_000 / dayS)
  const firstDay = today - days
  // As maintenance has made them by then: an empty partition takes room too.
  for (let day = firstDay; day <= today + 2; day++) {
    await createPartitions(client, partitionedTables, day)
  }
  for (let day = firstDay; day < today; day++) {
    let batch: Frame[] = []
    const write = async () => {
      await store.write(await store.prepare({ frames: batch, gaps: [] }))
      batch = []
    }
    for (const frame of generateFrames(
      { seed, rate, mix: '2026-07' },
      day * dayS,
      (day + 1) * dayS,
    )) {
      if (batch.push(frame) === batchEvents) await write()
    }
    await write()
    if (looksAt.includes(day + 1 - firstDay)) reports.push(await look(client))
    console.error(`day ${day + 1 - firstDay} of ${days} stored`)
  }
  return reports
}

async function look(client: pg.Client): Promise<StorageReport> {
  // Sizes as they are when the server has written down what it holds; estimates as autovacuum would have made them.
  await client.query('checkpoint')
  return readStorage(client, settings, Date.now())
}

function fitLines([first, ...others]: readonly StorageReport[]): Line[] {
  if (!first) return []
  const slope = first.bytesPerEvent ?? Number.NaN
  const lines: Line[] = [
    [`${count(first.events)} records`, megabytes(first.databaseBytes)],
    ['bytes/event that the report says of them', slope.toFixed(1)],
  ]
  for (const { events, databaseBytes } of others) {
    const predicted = first.databaseBytes + (events - first.events) * slope
    const off = (databaseBytes / predicted - 1) * 100
    lines.push([
      `${count(events)} records: ${megabytes(databaseBytes)}, foretold ${megabytes(predicted)}`,
      `${off > 0 ? '+' : ''}${off.toFixed(1)} %`,
      'within 10 %',
    ])
  }
  const last = others.at(-1)
  for (const { name, bytesPerEvent } of last?.tables.slice(0, 10) ?? []) {
    lines.push([`bytes/event in ${name}`, bytesPerEvent?.toFixed(1) ?? 'unknown'])
  }
  return lines
}

/** The largest day of each table, as retention drops it. */
async function dropLines(client: pg.Client): Promise<Line[]> {
  const lines: Line[] = []
  const partitions = (await listPartitions(client)).sort((a, b) => b.bytes - a.bytes)
  for (const { name } of partitionedTables.filter(({ span }) => span === 'day')) {
    const partition = partitions.find(({ table }) => table === name)
    if (partition) lines.push(...(await dropOne(client, partition)))
  }
  return lines
}

async function dropOne(client: pg.Client, partition: Partition): Promise<Line[]> {
  const what = `${partition.name}, ${megabytes(partition.bytes)}`
  const timed = async (work: () => Promise<unknown>) => {
    const started = performance.now()
    await work()
    return `${Math.round(performance.now() - started).toLocaleString('en')} ms`
  }
  const out = await timed(() => retirePartition(client, partition, signal))
  let settled = '0 ms'
  const settle: typeof settlePartition = async (...given) => {
    settled = await timed(() => settlePartition(...given))
  }
  const all = await timed(() => dropRetired(client, settle, signal))
  return [
    [`${what}: out of its table`, out, 'under 1 s'],
    [`${what}: settled and dropped`, `${settled} of ${all}`],
  ]
}

function count(n: number): string {
  return n.toLocaleString('en')
}
