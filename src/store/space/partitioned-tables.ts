import { uuidFloor } from '../../event/ids.ts'

/** Days are UTC days since 1970. */
export interface PartitionedTable {
  readonly name: string
  /** Column that says into which partition a row belongs: an id with a time in it, a bucket, or a day. */
  readonly column: 'id' | 'bucket' | 'day'
  readonly span: 'day' | 'month'
}

/** A stretch of days that one partition holds, `[firstDay, endDay)`. */
export interface Period {
  readonly firstDay: number
  readonly endDay: number
}

const dayMs = 86_400_000

/** Every table that is partitioned, one a line, sorted. Each has a default partition `<name>_other`. */
export const partitionedTables: readonly PartitionedTable[] = [
  { name: 'author_day', column: 'bucket', span: 'month' },
  { name: 'author_hour', column: 'bucket', span: 'day' },
  { name: 'author_key', column: 'day', span: 'day' },
  { name: 'bluesky_post', column: 'id', span: 'day' },
  { name: 'bluesky_record', column: 'id', span: 'day' },
  { name: 'count_hour', column: 'bucket', span: 'month' },
  { name: 'count_minute', column: 'bucket', span: 'day' },
]

/** Tables whose rows are what the counts are made from. */
export function holdsRows(table: string): boolean {
  return table === 'bluesky_post' || table === 'bluesky_record'
}

/** The period of the partition that holds a day. */
export function periodOf({ span }: Pick<PartitionedTable, 'span'>, day: number): Period {
  if (span === 'day') return { firstDay: day, endDay: day + 1 }
  const date = new Date(day * dayMs)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { firstDay: Date.UTC(year, month) / dayMs, endDay: Date.UTC(year, month + 1) / dayMs }
}

/** `bluesky_post_20261126`, `count_hour_202611` */
export function partitionName({ name, span }: PartitionedTable, { firstDay }: Period): string {
  const date = formatDay(firstDay).replaceAll('-', '')
  return `${name}_${span === 'day' ? date : date.slice(0, 6)}`
}

/** The period in a partition's name; null for `…_other`. */
export function readPeriod(table: PartitionedTable, partition: string): Period | null {
  const [, year, month, day] = /_(\d{4})(\d{2})(\d{2})?$/.exec(partition) ?? []
  if (year === undefined || month === undefined) return null
  const first = Date.UTC(Number(year), Number(month) - 1, Number(day ?? '1')) / dayMs
  return periodOf(table, first)
}

/** The least value of a table's column on a day, as a literal of its type. */
export function boundOf({ column }: Pick<PartitionedTable, 'column'>, day: number): string {
  switch (column) {
    case 'id':
      return `'${uuidFloor(day * dayMs)}'`
    case 'bucket':
      return `'${formatDay(day)} 00:00:00+00'`
    case 'day':
      return `'${formatDay(day)}'`
    default:
      return column satisfies never
  }
}

/** `2026-11-26` */
export function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}
