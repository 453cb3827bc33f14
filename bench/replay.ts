import type { ReplaySummary } from '../src/pipeline/replay.ts'
import { type BenchDatabase, onFreshSchema, readSize, withClient } from './bench-database.ts'
import { BenchProgram } from './bench-program.ts'
import { readCpuSeconds } from './process-cost.ts'

export interface Replay extends ReplaySummary {
  /** NaN where it is not known. */
  readonly serverCpuSeconds: number
  readonly bytesOnDisk: number
}

/** The replay of a recording into an empty database as a user runs it: a process of its own. */
export async function measureReplay(
  { url, postmaster }: BenchDatabase,
  path: string,
): Promise<Replay> {
  const empty = await onFreshSchema(url, readSize)
  const before = await readCpuSeconds(postmaster)
  await using program = new BenchProgram(['replay', path, '--json'], { DATABASE_URL: url })
  const summary = JSON.parse(await program.output) as ReplaySummary
  const after = await readCpuSeconds(postmaster)
  return {
    ...summary,
    bytesOnDisk: (await withClient(url, readSize)) - empty,
    serverCpuSeconds: before === null || after === null ? Number.NaN : after - before,
  }
}
