import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openFakeJetstream } from '../test/support/fake-jetstream.ts'
import { onFreshSchema, openBenchDatabase } from './bench-database.ts'
import { BenchProgram } from './bench-program.ts'
import { readCpuSeconds, readMaxRssBytes } from './process-cost.ts'
import { findRecording, readChunks } from './recording.ts'
import { megabytes, printTable } from './table.ts'

const rate = 500
const warmUpMs = 15_000
const measuredMs = 60_000
const tickMs = 10

/** What `start` costs while it follows a host that sends as much as the network does on a usual day, nobody looking at it. */
export async function benchLive(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-bench-'))
  try {
    const { path } = await findRecording(dataDir)
    const lines = (await readChunks(path)).flatMap(({ frames }) =>
      frames.map(({ bytes }) => bytes.toString()),
    )
    await using database = await openBenchDatabase(dataDir)
    await onFreshSchema(database.url, async () => {
      await using host = await openFakeJetstream()
      await using program = new BenchProgram(['start', '--json'], {
        DATABASE_URL: database.url,
        JETSTREAM_URL: host.url,
        PORT: '0',
      })
      await host.connection(1)
      const stop = new AbortController()
      const sending = send(host, lines, stop.signal)
      await setTimeout(warmUpMs)
      const before = await readCost(program.pid, database.postmaster)
      await setTimeout(measuredMs)
      const after = await readCost(program.pid, database.postmaster)
      stop.abort()
      await sending
      const part = (key: 'node' | 'server') => (after[key] - before[key]) / (measuredMs / 1_000)
      printTable([
        [`Node at ${rate} events/s`, percent(part('node'))],
        [`PostgreSQL at ${rate} events/s`, percent(part('server'))],
        ['together', percent(part('node') + part('server')), 'under 10 % of a core'],
        ['Node memory', megabytes((await readMaxRssBytes(program.pid)) ?? Number.NaN)],
      ])
    })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function readCost(
  pid: number,
  postmaster: number,
): Promise<{ node: number; server: number }> {
  return {
    node: (await readCpuSeconds(pid)) ?? Number.NaN,
    server: (await readCpuSeconds(postmaster)) ?? Number.NaN,
  }
}

/** Sends recorded events with the time of now, as evenly as a timer allows, until told to stop. */
async function send(
  host: Awaited<ReturnType<typeof openFakeJetstream>>,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now()
  for (let sent = 0; !signal.aborted; ) {
    const due = Math.floor(((performance.now() - started) / 1_000) * rate)
    const batch = lines
      .slice(sent, due)
      .map((line) => line.replace(/"time_us":\d+/, `"time_us":${Date.now() * 1_000}`))
    if (batch.length > 0) host.append(...batch)
    sent = due
    await setTimeout(tickMs, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
  }
}

function percent(part: number): string {
  return Number.isNaN(part) ? 'unknown' : `${(part * 100).toFixed(1)} % of a core`
}
