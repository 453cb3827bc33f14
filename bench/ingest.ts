import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onFreshSchema, openBenchDatabase } from './bench-database.ts'
import { measureCeiling, measureRowByRow } from './ceiling.ts'
import { findRecording, readChunks } from './recording.ts'
import { measureReplay, type Replay } from './replay.ts'
import { median, megabytes, perEvent, perSecond, printTable } from './table.ts'

const runs = 3
const rowByRowRows = 3_000

/** Flat-out replay of a recording into the embedded database, beside the COPY ceiling and the row-by-row floor. */
export async function benchIngest(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-bench-'))
  try {
    const { path, what } = await findRecording(dataDir)
    console.error(`${what}, ${runs} runs each, medians`)
    const frames = (await readChunks(path)).flatMap((chunk) => chunk.frames)
    await using database = await openBenchDatabase(dataDir)
    const ceilings: number[] = []
    const results: Replay[] = []
    for (let run = 0; run < runs; run++) {
      ceilings.push(await onFreshSchema(database.url, (client) => measureCeiling(client, frames)))
      results.push(await measureReplay(database, path))
    }
    const floor = await onFreshSchema(database.url, (client) =>
      measureRowByRow(client, frames, rowByRowRows),
    )
    print(results, median(ceilings), floor)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function print(results: readonly Replay[], ceiling: number, floor: number): void {
  const of = (figure: (run: Replay) => number) => median(results.map(figure))
  const rate = of((run) => run.stored / run.seconds)
  const bytesOnDisk = Math.round(of((run) => run.bytesOnDisk / run.stored))
  printTable([
    ['events stored', perSecond(rate), 'at least 20,000 /s'],
    ['binary COPY ceiling', perSecond(ceiling)],
    ['part of the ceiling', (rate / ceiling).toFixed(2), 'at least 0.5'],
    ['row-by-row INSERT', perSecond(floor)],
    ['times row-by-row', (rate / floor).toFixed(1), 'at least 10'],
    ['commit, p99', `${Math.round(of((run) => run.commitMs.p99))} ms`, 'under 1,000 ms'],
    ['Node CPU', perEvent(of((run) => (run.cpuSeconds / run.stored) * 1e6))],
    ['PostgreSQL CPU', perEvent(of((run) => (run.serverCpuSeconds / run.stored) * 1e6))],
    ['Node memory', megabytes(of((run) => run.maxRssBytes)), 'under 400 MB'],
    ['on disk', `${bytesOnDisk} bytes/event`, 'under 400'],
  ])
}
