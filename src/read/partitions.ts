import type { Partition } from '../contract/health.ts'
import { sql } from '../db/sql.ts'
import { inTime } from './in-time.ts'
import { lagMsOf, lagOf } from './lag.ts'
import type { ProcessProbe, ReadContext } from './question.ts'

interface Row {
  readonly partition: number
  readonly nextOffset: number | null
  readonly timeUs: number | null
}

const patienceMs = 2_000

/**
 * How far each partition of Kafka is stored; empty without Kafka. Of several topics the one that this process knows, else the
 * one that was stored last.
 */
export async function readPartitions(
  context: Pick<ReadContext, 'db' | 'nowMs' | 'process'>,
): Promise<Partition[]> {
  const rows = await context.db.query<Row>(sql`
    select part as "partition", next_offset as "nextOffset", nullif(time_us, 0) as "timeUs"
    from position
    where source = coalesce(
      ${context.process.logSource ?? null}::text,
      (
        select source
        from position
        where starts_with(source, 'kafka:')
        order by updated_at desc
        limit 1
      )
    )
    order by part`)
  if (rows.length === 0) return []
  const ends = await askEnds(context.process)
  const owners = context.process.owners?.()
  return rows.map((row) => {
    const owner = owners?.get(row.partition)
    const partition = toPartition(row, ends?.get(row.partition) ?? null, context.nowMs)
    return { ...partition, ...(owner !== undefined && { owner }) }
  })
}

function toPartition(row: Row, endOffset: number | null, nowMs: number): Partition {
  const { partition, nextOffset } = row
  const lag = endOffset === null ? null : lagOf(row, endOffset)
  return { partition, nextOffset, endOffset, lag, lagMs: lagMsOf(row, lag, nowMs) }
}

/**
 * The ends as Kafka tells them; null where this process does not know Kafka, or Kafka does not answer in time: what is wrong
 * with it is told by the component that uses it.
 */
async function askEnds(process: ProcessProbe): Promise<ReadonlyMap<number, number> | null> {
  const asked = process.endOffsets?.()
  return asked ? inTime(asked, patienceMs, null) : null
}
