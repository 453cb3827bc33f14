import { expect, test } from 'vitest'
import { HostRing } from './host-ring.ts'
import { readJetstreamUrl } from './jetstream-url.ts'

function ring(...urls: string[]): HostRing {
  return new HostRing(urls.map(readJetstreamUrl))
}

test('keeps a host until it failed three times in a row, then goes round', () => {
  const hosts = ring('wss://a', 'wss://b')
  expect([hosts.failed(), hosts.failed()]).toEqual([false, false])
  hosts.succeeded()
  expect([hosts.failed(), hosts.failed()]).toEqual([false, false])
  expect(hosts.current.base).toBe('wss://a')
  expect(hosts.failed()).toBe(true)
  expect(hosts.current.base).toBe('wss://b')
  for (let i = 0; i < 3; i++) hosts.failed()
  expect(hosts.current.base).toBe('wss://a')
})

test('starts with the host of a stored position where it is in the list', () => {
  const hosts = ring('wss://a', 'wss://b')
  hosts.prefer('wss://b')
  expect(hosts.current.base).toBe('wss://b')
  hosts.prefer('wss://gone')
  expect(hosts.current.base).toBe('wss://b')
})

test('forgets which wire a host spoke when it failed, unless its address says', () => {
  const hosts = ring('wss://a', 'wss://b/subscribe')
  for (const host of [hosts.current, hosts.current]) host.speaks = 'v1'
  const first = hosts.current
  for (let i = 0; i < 3; i++) hosts.failed()
  expect(first.speaks).toBeNull()
  expect(hosts.current.speaks).toBe('v1')
})

test('a host that is left has its turn again after all others', () => {
  const hosts = ring('wss://a', 'wss://b')
  hosts.leave()
  expect(hosts.current.base).toBe('wss://b')
  hosts.leave()
  expect(hosts.current.base).toBe('wss://a')
})

test('one host alone is its own successor', () => {
  const hosts = ring('wss://a')
  expect([1, 2, 3].map(() => hosts.failed())).toEqual([false, false, false])
  expect(hosts.current.base).toBe('wss://a')
})
