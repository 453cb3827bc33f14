import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import { timedId } from '../event/ids.ts'
import { copyInto } from '../store/copy.ts'
import type { Check, Finding } from './check.ts'
import { quantile } from './quantile.ts'

const rowsAtOnce = 5_000
const copyMs = 1_500
const commits = 100
const commitsMs = 3_000
/** The network sends up to 1,500 events a second; storing takes some ten statements beside the copy. */
const poorRowsPerSecond = 20_000
const poorCommitMs = 50

/** How fast rows go in, and how long a commit takes to be on disk. */
export function* speedChecks(
  client: () => pg.Client,
  requires: string,
  signal: AbortSignal,
): Generator<Check> {
  yield { name: 'COPY speed', requires, run: () => measureCopy(client(), signal) }
  yield { name: 'commit latency', requires, run: () => measureCommits(client(), signal) }
}

async function measureCopy(client: pg.Client, signal: AbortSignal): Promise<Finding> {
  await client.query(
    `create table speed_probe (id uuid primary key, time_us bigint not null, text text not null)`,
  )
  const text = 'a probe of about the length that a post has, with some room. '.repeat(4)
  const encoder = new CopyEncoder()
  const started = performance.now()
  let rows = 0
  let bytes = 0
  while (performance.now() - started < copyMs && !signal.aborted) {
    encoder.reset()
    for (let i = 0; i < rowsAtOnce; i++, rows++) {
      encoder.row(3)
      encoder.uuid(timedId(rows, String(rows)))
      encoder.int8(rows)
      encoder.text(text)
    }
    const encoded = encoder.finish()
    if (encoded) await copyInto(client, 'speed_probe', ['id', 'time_us', 'text'], encoded)
    bytes += encoded?.length ?? 0
  }
  const seconds = (performance.now() - started) / 1_000
  const rate = rows / seconds
  const found = `${Math.round(rate).toLocaleString('en')} rows/s, ${(bytes / seconds / 1e6).toFixed(1)} MB/s in batches of ${rowsAtOnce.toLocaleString('en')}`
  const advice = 'That is little: look at the disk, max_wal_size and the network in between.'
  return { found, advice: rate < poorRowsPerSecond ? [advice] : [] }
}

async function measureCommits(client: pg.Client, signal: AbortSignal): Promise<Finding> {
  await client.query('create table commit_probe (n integer)')
  const times: number[] = []
  const started = performance.now()
  while (times.length < commits && performance.now() - started < commitsMs && !signal.aborted) {
    const began = performance.now()
    await client.query('insert into commit_probe values (1)')
    times.push(performance.now() - began)
  }
  const at = (part: number) => quantile(times, part)
  const found = `p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms over ${times.length} commits of one row`
  const advice = 'A commit waits for the disk: a slow one delays every batch by as much.'
  return { found, advice: at(0.5) > poorCommitMs ? [advice] : [] }
}
