import { expect, test } from 'vitest'
import { account } from '../../src/contract/account.ts'
import { formatId, userId } from '../../src/event/ids.ts'
import { openReading, type Reading } from '../support/reading.ts'

const ana = 'did:plc:ana'

test('an account says what it gained and lost, in total and by day', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.user({ did: ana, handle: 'ana.example', seen: '2026-07-02T10:00:00Z' })
  await rows.active('2026-07-02T10:00:00Z', ana)
  await rows.active('2026-07-04T10:00:00Z', ana)
  await tie(reading, '2026-05-01', { follows: 100 })
  await tie(reading, '2026-07-03', { follows: 5, unfollows: 2 })
  await tie(reading, '2026-07-03', { follows: -1, blocks: 1 }, -2)
  await tie(reading, '2026-07-04', { unblocks: 1 })
  const range = { from: '2026-07-02T12:00:00Z', to: '2026-07-04T15:00:00Z' }
  const told = await ask(account, { account: '@ANA.example', ...range })
  expect(told).toMatchObject({
    account: { did: ana, handle: 'ana.example', active: true },
    follows: { gained: 104, lost: 2 },
    blocks: { gained: 1, lost: 1 },
    activeDays: 2,
    starts: ['2026-07-02', '2026-07-03', '2026-07-04'].map((day) => Date.parse(day) / 1000),
    followsGained: [0, 4, 0],
    followsLost: [0, 2, 0],
    blocksGained: [0, 1, 0],
    blocksLost: [0, 0, 1],
    active: [true, false, true],
  })
  expect((await ask(account, { account: ana })).starts).toHaveLength(30)
})

test('an account that did nothing is known by what others did; one of which nothing is known is not found', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await expect(ask(account, { account: ana })).rejects.toThrow('nothing is known of an account')
  await tie(reading, '2026-07-03', { follows: 5 })
  expect(await ask(account, { account: ana })).toMatchObject({
    account: { did: ana, handle: null, active: null },
    follows: { gained: 5, lost: 0 },
  })
  await rows.user({ did: ana, handle: 'ana.example', active: false, status: 'takendown' })
  await expect(ask(account, { account: ana })).rejects.toThrow('nothing is known of an account')
  await expect(ask(account, { account: 'ana.example' })).rejects.toThrow('nothing is known')
})

async function tie(
  { rows }: Reading,
  day: string,
  n: { follows?: number; unfollows?: number; blocks?: number; unblocks?: number },
  part = 0,
): Promise<void> {
  const { follows = 0, unfollows = 0, blocks = 0, unblocks = 0 } = n
  await rows.client.query(
    `insert into tie (subject, day, part, follows, unfollows, blocks, unblocks)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [formatId(userId(ana)), day, part, follows, unfollows, blocks, unblocks],
  )
}
