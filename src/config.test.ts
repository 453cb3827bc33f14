import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

test('nothing set gives a configuration that starts on a laptop', () => {
  const config = readConfig({})
  expect(config.DATABASE_URL).toBe('')
  expect(config.HOST).toBe('127.0.0.1')
  expect(config.PORT).toBe(3000)
  expect(config.JETSTREAM_URL.length).toBeGreaterThan(1)
})

test('an empty variable is as good as none', () => {
  expect(readConfig({ PORT: '' }).PORT).toBe(3000)
})

test('all mistakes are reported together, by name, and secrets are not repeated', () => {
  const read = () =>
    readConfig({ PORT: 'eighty', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://u:pw@h/d' })
  expect(read).toThrow(/PORT="eighty"/)
  expect(read).toThrow(/LOG_LEVEL="loud"/)
  expect(read).toThrow(/DATABASE_URL=…/)
  expect(read).not.toThrow(/pw@h/)
})

test('sizes are read with their unit, and one that forgot it is refused', () => {
  const read = (text: string) => readConfig({ STORAGE_MAX: text }).STORAGE_MAX
  expect(['200GB', '1.5 TiB', '300mb', '0', 'auto'].map(read)).toEqual([
    200e9,
    1.5 * 1024 ** 4,
    300e6,
    0,
    'auto',
  ])
  for (const text of ['200', '1 KB', 'much', '-1', '99999TB']) {
    expect(() => read(text)).toThrow(/STORAGE_MAX=/)
  }
})

test('days to keep are 0 or long enough for what is counted from them', () => {
  const read = (text: string) => readConfig({ RETENTION_HOURS_DAYS: text }).RETENTION_HOURS_DAYS
  expect([read('0'), read('62')]).toEqual([0, 62])
  expect(() => read('61')).toThrow(/RETENTION_HOURS_DAYS="61": 0, or at least 62/)
})
