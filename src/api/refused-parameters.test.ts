import { expect, test } from 'vitest'
import { z } from 'zod'
import { Interval, Limit, Timestamp } from '../contract/common.ts'
import { describeField } from './refused-parameters.ts'

test.each([
  [Limit(100, 25), 'a whole number from 1 to 100'],
  [Timestamp.optional(), 'an RFC 3339 time, for example 2026-07-04T14:00:00Z'],
  [z.union([Interval, z.literal('auto')]), 'one of minute, 5m, 10m, 30m, hour, 3h, day, auto'],
  [z.stringbool().optional(), 'true or false'],
  [z.string().min(1).max(640), 'a text of 1 to 640 characters, given once'],
])('%o is described', (field, words) => {
  expect(describeField(field)).toContain(words)
})
