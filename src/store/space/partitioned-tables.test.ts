import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  boundOf,
  partitionedTables,
  partitionName,
  periodOf,
  readPeriod,
} from './partitioned-tables.ts'

const dayOf = (date: string) => Date.parse(date) / 86_400_000

test('a partition holds one day, or one month, and is named after it', () => {
  const named = (name: string, date: string) => {
    const table = partitionedTables.find((one) => one.name === name)
    return table && partitionName(table, periodOf(table, dayOf(date)))
  }
  expect(named('bluesky_post', '2026-02-28')).toBe('bluesky_post_20260228')
  expect(named('count_hour', '2026-12-31')).toBe('count_hour_202612')
})

test('the name of a partition tells its period, and every day lies in exactly one', () => {
  const anyTable = fc.constantFrom(...partitionedTables)
  fc.assert(
    fc.property(anyTable, fc.integer({ min: 0, max: 47_000 }), (table, day) => {
      const period = periodOf(table, day)
      expect(period.firstDay <= day && day < period.endDay).toBe(true)
      expect(readPeriod(table, partitionName(table, period))).toEqual(period)
      expect(periodOf(table, period.endDay).firstDay).toBe(period.endDay)
      expect(periodOf(table, period.firstDay)).toEqual(period)
    }),
  )
  expect(partitionedTables.map((table) => readPeriod(table, `${table.name}_other`))).toEqual(
    partitionedTables.map(() => null),
  )
})

test('bounds are written so that no setting of the server reads them otherwise', () => {
  const day = dayOf('2026-11-26')
  expect(boundOf({ column: 'id' }, day)).toMatch(
    /^'[0-9a-f]{8}-[0-9a-f]{4}-0000-0000-000000000000'$/,
  )
  expect(boundOf({ column: 'bucket' }, day)).toBe("'2026-11-26 00:00:00+00'")
  expect(boundOf({ column: 'day' }, day)).toBe("'2026-11-26'")
})
