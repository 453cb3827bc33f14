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
