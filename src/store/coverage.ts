import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import type { Position } from '../event/frame.ts'
import { firstNetworkUs } from '../event/time.ts'

const minuteUs = 60_000_000

/** What a batch holds of a minute of network time. */
export interface CoveredMinute {
  frames: number
  firstUs: number
  lastUs: number
  firstSeq: number | null
  lastSeq: number | null
}

/** Adds a frame to the minutes (since 1970) of a batch. One whose time cannot be read says nothing. */
export function addCoverage(minutes: Map<number, CoveredMinute>, { timeUs, seq }: Position): void {
  if (timeUs < firstNetworkUs) return
  const minute = Math.floor(timeUs / minuteUs)
  const known = minutes.get(minute)
  if (!known) {
    minutes.set(minute, { frames: 1, firstUs: timeUs, lastUs: timeUs, firstSeq: seq, lastSeq: seq })
    return
  }
  known.frames += 1
  if (timeUs < known.firstUs) known.firstUs = timeUs
  if (timeUs > known.lastUs) known.lastUs = timeUs
  if (seq === null) return
  if (known.firstSeq === null || seq < known.firstSeq) known.firstSeq = seq
  if (known.lastSeq === null || seq > known.lastSeq) known.lastSeq = seq
}

/** Notes what came of a source. Belongs into the transaction that stores the rows. */
export async function writeCoverage(
  client: pg.Client,
  minutes: ReadonlyMap<number, CoveredMinute>,
  { source, part }: { readonly source: string; readonly part: number },
): Promise<void> {
  if (minutes.size === 0) return
  const rows = [...minutes]
  await client.query({
    name: 'merge-coverage',
    text: `insert into coverage as known (source, bucket, part, frames, first_us, last_us, first_seq, last_seq)
     select $1, bucket, $2, frames, first_us, last_us, first_seq, last_seq
     from unnest($3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
       as minute (bucket, frames, first_us, last_us, first_seq, last_seq)
     order by bucket
     on conflict (source, bucket, part) do update
     set frames = known.frames + excluded.frames,
         first_us = least(known.first_us, excluded.first_us),
         last_us = greatest(known.last_us, excluded.last_us),
         first_seq = least(known.first_seq, excluded.first_seq),
         last_seq = greatest(known.last_seq, excluded.last_seq)`,
    values: [
      source,
      part,
      encodeArray(
        'timestamptz',
        rows.map(([minute]) => minute * minuteUs),
      ),
      encodeArray(
        'int8',
        rows.map(([, { frames }]) => frames),
      ),
      encodeArray(
        'int8',
        rows.map(([, { firstUs }]) => firstUs),
      ),
      encodeArray(
        'int8',
        rows.map(([, { lastUs }]) => lastUs),
      ),
      encodeArray(
        'int8',
        rows.map(([, { firstSeq }]) => firstSeq),
      ),
      encodeArray(
        'int8',
        rows.map(([, { lastSeq }]) => lastSeq),
      ),
    ],
  })
}
