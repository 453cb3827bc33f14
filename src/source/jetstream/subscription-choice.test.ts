import { expect, test } from 'vitest'
import { HostRing } from './host-ring.ts'
import { readJetstreamUrl } from './jetstream-url.ts'
import { chooseSubscription, chooseWire, type Wish } from './subscription-choice.ts'

const wish: Wish = { wire: 'auto', collections: ['app.bsky.*'], dids: [], maxMessageBytes: 1000 }
const many = {
  ...wish,
  dids: Array.from({ length: 500 }, (_, n) => `did:plc:${String(n).padStart(24, 'a')}`),
}
const ask = { wire: 'v1', cursor: null, dictionaryId: null } as const

function host(url = 'wss://a') {
  return new HostRing([readJetstreamUrl(url)]).current
}

test('tries v2 first, keeps what a host answered, and obeys the address and the operator', () => {
  expect(chooseWire(wish, host())).toBe('v2')
  expect(chooseWire(wish, { ...host(), speaks: 'v1' })).toBe('v1')
  expect(chooseWire(wish, host('wss://a/subscribe'))).toBe('v1')
  expect(chooseWire({ ...wish, wire: 'v2' }, host('wss://a/subscribe'))).toBe('v2')
})

test('sends many accounts as a message, which only v1 takes', () => {
  expect(chooseWire(many, host())).toBe('v1')
  expect(chooseSubscription(many, host(), ask).hello).toBe(true)
  expect(chooseSubscription(many, host(), { ...ask, wire: 'v2' }).hello).toBe(false)
  expect(chooseSubscription({ ...many, dids: many.dids.slice(0, 10) }, host(), ask).hello).toBe(
    false,
  )
})

test('asks a host to leave out large messages only after it sent one', () => {
  expect(chooseSubscription(wish, host(), ask).maxMessageBytes).toBeNull()
  expect(chooseSubscription(wish, { ...host(), limitSize: true }, ask).maxMessageBytes).toBe(1000)
})
