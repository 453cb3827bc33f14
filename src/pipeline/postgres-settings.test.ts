import { expect, test } from 'vitest'
import { adviseOnSettings } from './postgres-settings.ts'

const good = [
  { name: 'shared_buffers', value: '32768', unit: '8kB' },
  { name: 'max_wal_size', value: '4096', unit: 'MB' },
  { name: 'checkpoint_timeout', value: '900', unit: 's' },
  { name: 'work_mem', value: '32768', unit: 'kB' },
  { name: 'max_connections', value: '60', unit: null },
  { name: 'synchronous_commit', value: 'on', unit: null },
  { name: 'fsync', value: 'on', unit: null },
  { name: 'full_page_writes', value: 'on', unit: null },
  { name: 'jit', value: 'off', unit: null },
  { name: 'random_page_cost', value: '1.1', unit: null },
  { name: 'autovacuum', value: 'on', unit: null },
  { name: 'statement_timeout', value: '0', unit: 'ms' },
  { name: 'idle_in_transaction_session_timeout', value: '0', unit: 'ms' },
]

test('good settings need no advice', () => {
  expect(adviseOnSettings(good)).toEqual([])
})

test.each([
  ['shared_buffers', '1024'],
  ['max_wal_size', '512'],
  ['checkpoint_timeout', '60'],
  ['work_mem', '1024'],
  ['max_connections', '20'],
  ['synchronous_commit', 'off'],
  ['fsync', 'off'],
  ['full_page_writes', 'off'],
  ['jit', 'on'],
  ['random_page_cost', '4'],
  ['autovacuum', 'off'],
  ['statement_timeout', '30000'],
  ['idle_in_transaction_session_timeout', '10000'],
])('%s = %s is advised on by name', (name, value) => {
  const settings = good.map((setting) => (setting.name === name ? { ...setting, value } : setting))
  expect(adviseOnSettings(settings)).toEqual([expect.stringContaining(`${name} is`)])
})
