import { boundOf } from './partitioned-tables.ts'

/** From when on a table tells everything. */
export interface Horizons {
  /** As a timestamptz of SQL. */
  of(table: string): string
}

/** @param days by table, the UTC day since 1970 before which its partitions were dropped */
export function horizonsOf(days: ReadonlyMap<string, number>): Horizons {
  return {
    of(table) {
      const day = days.get(table)
      const bound = day === undefined ? `'-infinity'` : boundOf({ column: 'bucket' }, day)
      return `timestamptz ${bound}`
    },
  }
}
