import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { openEmbedded } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { openClient } from '../src/db/pool.ts'
import type { Frame } from '../src/event/frame.ts'
import type { ReplaySummary } from '../src/pipeline/replay.ts'
import { openFileSource } from '../src/source/file.ts'
import { measureCeiling, measureRowByRow } from './ceiling.ts'
import { readServerCpuSeconds } from './server-cost.ts'

const runs = 3
const rowByRowRows = 3_000
/** Five recorded minutes of the network, where the checkout has them beside it. */
const recording = fileURLToPath(
  new URL('../../shared/data/firehose-5min.jsonl.zst', import.meta.url),
)
const program = fileURLToPath(new URL('../bin/bluesky-analytics.js', import.meta.url))

interface Run extends ReplaySummary {
  readonly serverCpuSeconds: number | null
  readonly bytesOnDisk: number
}

/** Flat-out replay of a recording into the embedded database, beside the COPY ceiling and the row-by-row floor. */
export async function benchIngest(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-bench-'))
  try {
    const path = existsSync(recording) ? recording : await recordSynthetic(dataDir)
    console.error(
      `${path === recording ? 'five recorded minutes' : 'ten synthetic minutes'}, ${runs} runs each, medians`,
    )
    const frames = await readFrames(path)
    await using database = await openEmbedded({ dataDir, role: 'own' })
    const ceilings: number[] = []
    const results: Run[] = []
    for (let run = 0; run < runs; run++) {
      ceilings.push(await onFreshSchema(database.url, (client) => measureCeiling(client, frames)))
      results.push(await measureReplay(database.url, dataDir, path))
    }
    const floor = await onFreshSchema(database.url, (client) =>
      measureRowByRow(client, frames, rowByRowRows),
    )
    print(results, median(ceilings), floor)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The replay as a user runs it: a process of its own. */
async function measureReplay(url: string, dataDir: string, path: string): Promise<Run> {
  const empty = await onFreshSchema(url, readSize)
  const postmaster = Number(
    (await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0],
  )
  const before = await readServerCpuSeconds(postmaster)
  const child = spawn(process.execPath, [program, 'replay', path, '--json'], {
    env: { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += chunk
  const summary = JSON.parse(printed) as ReplaySummary
  const after = await readServerCpuSeconds(postmaster)
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'bench' })
  const bytesOnDisk = (await readSize(client)) - empty
  await client.end()
  return {
    ...summary,
    bytesOnDisk,
    serverCpuSeconds: before === null || after === null ? null : after - before,
  }
}

function print(results: readonly Run[], ceiling: number, floor: number): void {
  const of = (figure: (run: Run) => number) => median(results.map(figure))
  const rate = of((run) => run.stored / run.seconds)
  const nodeUs = of((run) => (run.cpuSeconds / run.stored) * 1e6)
  const serverUs = of((run) => ((run.serverCpuSeconds ?? Number.NaN) / run.stored) * 1e6)
  const rows: (readonly [string, string, string])[] = [
    ['events stored', `${Math.round(rate).toLocaleString('en')} /s`, 'at least 20,000 /s'],
    ['binary COPY ceiling', `${Math.round(ceiling).toLocaleString('en')} /s`, ''],
    ['part of the ceiling', (rate / ceiling).toFixed(2), 'at least 0.4'],
    ['row-by-row INSERT', `${Math.round(floor).toLocaleString('en')} /s`, ''],
    ['times row-by-row', (rate / floor).toFixed(1), 'at least 10'],
    ['Node CPU', `${nodeUs.toFixed(1)} µs/event`, ''],
    ['PostgreSQL CPU', Number.isNaN(serverUs) ? 'unknown' : `${serverUs.toFixed(1)} µs/event`, ''],
    ['Node memory', `${Math.round(of((run) => run.maxRssBytes) / 1e6)} MB`, 'under 300 MB'],
    [
      'on disk',
      `${Math.round(of((run) => run.bytesOnDisk / run.stored))} bytes/event`,
      'under 400',
    ],
  ]
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
  )
  console.log('| figure | measured | wanted |\n| --- | ---: | --- |')
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

async function onFreshSchema<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'bench' })
  try {
    await client.query('drop schema public cascade; create schema public')
    await migrate(client)
    await client.query('checkpoint')
    return await use(client)
  } finally {
    await client.end()
  }
}

async function readSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(oid))::bigint as "bytes"
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  return rows[0]?.bytes ?? 0
}

async function readFrames(path: string): Promise<Frame[]> {
  const source = openFileSource({
    path,
    position: null,
    speed: 'max',
    signal: new AbortController().signal,
  })
  return (await Array.fromAsync(source.chunks())).flatMap((chunk) => chunk.frames)
}

async function recordSynthetic(folder: string): Promise<string> {
  const { generateFrames } = await import('../src/source/synthetic/recording.ts')
  const path = join(folder, 'synthetic.jsonl')
  const from = Math.floor(Date.UTC(2026, 6, 4, 14) / 1_000)
  const lines = generateFrames({ seed: 1, rate: 300, mix: '2026-07' }, from, from + 600)
  await writeFile(path, [...lines].map(({ bytes }) => `${bytes}\n`).join(''))
  return path
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
