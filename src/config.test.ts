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
