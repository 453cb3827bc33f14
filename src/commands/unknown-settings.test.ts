import { expect, test } from 'vitest'
import { nearestSetting } from './unknown-settings.ts'

test.each([
  ['JETSTREAM_COMPRES', 'JETSTREAM_COMPRESS'],
  ['KAFKA_BROKER', 'KAFKA_BROKERS'],
  ['database_url', 'DATABASE_URL'],
  ['PROT', 'PORT'],
  ['SOMETHING_ELSE_ENTIRELY', null],
])('%s was meant to be %s', (name, nearest) => {
  expect(nearestSetting(name)).toBe(nearest)
})
