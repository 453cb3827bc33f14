import { expect, test } from 'vitest'
import { listUsers, type User } from '../../src/contract/users.ts'
import { openReading, type Reading } from '../support/reading.ts'

const now = '2026-07-04T15:00:00Z'

test('accounts are found by DID, handle, standing and when they were seen', async () => {
  await using reading = await openReading(now)
  const { rows } = reading
  await rows.user({ did: 'did:plc:ana', handle: 'Ana.Example', seen: '2026-07-04T14:00:00Z' })
  await rows.user({ did: 'did:plc:bo', handle: "o'b.example", seen: '2026-07-04T12:00:00Z' })
  await rows.user({ did: 'did:plc:cy', active: false, status: 'throttled' })
  await rows.user({ did: 'did:plc:dee', handle: 'dee.example', active: false, status: 'takendown' })
  expect(await didsOf(reading, {})).toEqual(['did:plc:ana', 'did:plc:bo', 'did:plc:cy'])
  expect(await didsOf(reading, { did: 'did:plc:bo' })).toEqual(['did:plc:bo'])
  expect(await didsOf(reading, { handle: '@ana.EXAMPLE' })).toEqual(['did:plc:ana'])
  expect(await didsOf(reading, { handle: "o'b.example" })).toEqual(['did:plc:bo'])
  expect(await didsOf(reading, { handle: '%' })).toEqual([])
  expect(await didsOf(reading, { handle: 'a\0b' })).toEqual([])
  expect(await didsOf(reading, { active: 'false' })).toEqual(['did:plc:cy'])
  expect(await didsOf(reading, { seenSince: '2026-07-04T14:59:00Z' })).toEqual(['did:plc:ana'])
  // A hidden one is found in no way.
  expect(await didsOf(reading, { did: 'did:plc:dee' })).toEqual([])
  expect(await didsOf(reading, { handle: 'dee.example' })).toEqual([])
  const { users } = await reading.ask(listUsers, { did: 'did:plc:cy' })
  expect(users[0]).toMatchObject({ active: false, status: 'throttled', firstSeenAt: null })
})

test('pages of accounts hold each account once', async () => {
  await using reading = await openReading(now)
  for (let i = 0; i < 25; i++) await reading.rows.user({ did: `did:plc:user${i}` })
  const seen: User[] = []
  let cursor: string | undefined
  do {
    const page = await reading.ask(listUsers, { limit: '10', cursor })
    seen.push(...page.users)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  expect(seen).toHaveLength(25)
  expect(new Set(seen.map(({ did }) => did)).size).toBe(25)
})

async function didsOf(reading: Reading, query: Record<string, string>): Promise<string[]> {
  const { users } = await reading.ask(listUsers, query)
  return users.map(({ did }) => did).sort()
}
