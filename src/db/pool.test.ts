import { expect, test } from 'vitest'
import { explain } from './pool.ts'

test('a full disk of the database is called that, with what to do', () => {
  const cause = Object.assign(new Error('could not extend file: No space left on device'), {
    code: '53100',
  })
  expect(explain(cause)).toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: 'the disk of the database is full: could not extend file: No space left on device',
    hint: expect.stringContaining('Make room'),
  })
})

test.each([
  ['25006', 'cannot execute INSERT in a read-only transaction', 'the database takes no writes'],
  ['40P01', 'deadlock detected', 'other writers kept ending this transaction'],
  ['55P03', 'canceling statement due to lock timeout', 'others hold what is needed'],
  ['40001', 'could not serialize access', 'other writers kept ending this transaction'],
])('%s (%s) passes, so it is a database to wait for', (code, message, what) => {
  expect(explain(Object.assign(new Error(message), { code }))).toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: `${what}: ${message}`,
  })
})
