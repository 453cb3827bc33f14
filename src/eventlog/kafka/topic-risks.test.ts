import { expect, test } from 'vitest'
import { findRisks, maxMessageBytes } from './topic-risks.ts'

const sound = {
  'cleanup.policy': 'delete',
  'retention.ms': '259200000',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
  'min.insync.replicas': '2',
  'max.message.bytes': String(maxMessageBytes),
}

function risks(changed: Partial<typeof sound> = {}, replication = 3, brokers = 3): string[] {
  return findRisks(new Map(Object.entries({ ...sound, ...changed })), replication, brokers)
}

test('a topic as this program makes it has none, on three brokers or on one', () => {
  expect(risks()).toEqual([])
  expect(risks({ 'min.insync.replicas': '1' }, 1, 1)).toEqual([])
  expect(risks({ 'retention.ms': '-1' })).toEqual([])
})

test.each([
  ['cleanup.policy', 'compact'],
  ['cleanup.policy', 'compact,delete'],
  ['retention.ms', '3599999'],
  ['retention.bytes', '0'],
  ['unclean.leader.election.enable', 'true'],
  ['min.insync.replicas', '1'],
  ['min.insync.replicas', '3'],
  ['max.message.bytes', '1048588'],
])('%s = %s is one, called by its name', (name, value) => {
  expect(risks({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} is `))])
})

test('one copy is a risk only where there could be more', () => {
  const single = { 'min.insync.replicas': '1' }
  expect(risks(single, 1, 3)).toEqual([expect.stringContaining('there are 3 brokers')])
})
