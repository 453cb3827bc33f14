import type pg from 'pg'
import { boundOf, type Period, partitionedTables, readPeriod } from '../space/partitioned-tables.ts'
import type { Leaf } from './recount-snapshot.ts'

/** From when on tables tell everything, as expressions of SQL on a bucket. */
export interface Horizons {
  /** Whether a table still has everything of a bucket. */
  kept(table: string, bucket: string): string
  /** Whether what was settled of a bucket is known by the hour. Where hours are not kept any more it is summed by day. */
  byHour(bucket: string): string
  /** Under which bucket `recount_dropped` says that rows of a key were dropped. */
  dropped(bucket: string): string
}

export interface Ages {
  /** By table, the UTC day since 1970 before which its partitions were dropped. */
  readonly droppedBefore: ReadonlyMap<string, number>
  /** By table, the UTC day before which what lies outside of partitions may have been deleted. */
  readonly keptFrom: ReadonlyMap<string, number>
  readonly leaves: readonly Leaf[]
}

export function horizonsOf({ droppedBefore, keptFrom, leaves }: Ages): Horizons {
  const byHour = (bucket: string) => isFrom(bucket, keptFrom.get('count_hour'))
  return {
    kept(table, bucket) {
      const partitions = periodsOf(leaves, table).map(
        ({ firstDay, endDay }) => `${isFrom(bucket, firstDay)} and ${bucket} < ${literal(endDay)}`,
      )
      const isWhole = [isFrom(bucket, keptFrom.get(table)), ...partitions].join(' or ')
      return `(${isFrom(bucket, droppedBefore.get(table))} and (${isWhole}))`
    },
    byHour,
    dropped: (bucket) =>
      `date_trunc(case when ${byHour(bucket)} then 'hour' else 'day' end, ${bucket}, 'UTC')`,
  }
}

/** Notes of which keys rows were dropped, and when these rows were of. To be called once, before anything is compared. */
export async function gatherDropped(client: pg.Client, horizons: Horizons): Promise<void> {
  await client.query(`
    insert into recount_dropped (bucket, dimension, key)
    select distinct ${horizons.dropped('bucket')}, dimension, key
    from recount_settled
    where n <> 0`)
  await client.query('analyze recount_dropped')
}

/** The periods of a table's partitions, those that follow on one another as one. */
function periodsOf(leaves: readonly Leaf[], name: string): Period[] {
  const table = partitionedTables.find((each) => each.name === name)
  const periods = leaves
    .filter((leaf) => leaf.table === name)
    .flatMap((leaf) => (table && readPeriod(table, leaf.name)) ?? [])
    .sort((a, b) => a.firstDay - b.firstDay)
  const joined: Period[] = []
  for (const period of periods) {
    const last = joined.at(-1)
    if (last?.endDay === period.firstDay) {
      joined[joined.length - 1] = { firstDay: last.firstDay, endDay: period.endDay }
    } else joined.push(period)
  }
  return joined
}

function isFrom(bucket: string, day: number | undefined): string {
  return day === undefined ? 'true' : `${bucket} >= ${literal(day)}`
}

function literal(day: number): string {
  return `timestamptz ${boundOf({ column: 'bucket' }, day)}`
}
