import { expect, test } from 'vitest'
import {
  dictionaryUrl,
  helloMessage,
  readJetstreamUrl,
  type Subscription,
  subscribeUrl,
} from './jetstream-url.ts'

test.each<[text: string, base: string, wire: string | null]>([
  ['wss://jetstream.example', 'wss://jetstream.example', null],
  ['wss://Jetstream.Example:443/', 'wss://jetstream.example', null],
  ['https://jetstream.example/', 'wss://jetstream.example', null],
  ['http://127.0.0.1:6008', 'ws://127.0.0.1:6008', null],
  ['ws://jetstream.example/subscribe', 'ws://jetstream.example', 'v1'],
  ['wss://jetstream.example/proxy/subscribe/', 'wss://jetstream.example/proxy', 'v1'],
  [
    'wss://jetstream.example/xrpc/network.bsky.jetstream.subscribeEvents',
    'wss://jetstream.example',
    'v2',
  ],
  ['jetstream.example', 'wss://jetstream.example', null],
  ['jetstream.example:8443/subscribe', 'wss://jetstream.example:8443', 'v1'],
  ['localhost:8080', 'ws://localhost:8080', null],
  ['127.0.0.1', 'ws://127.0.0.1', null],
  ['[::1]:8080', 'ws://[::1]:8080', null],
  [' jetstream.localhost ', 'ws://jetstream.localhost', null],
])('%s is the host %s', (text, base, wire) => {
  expect(readJetstreamUrl(text)).toEqual({ base, wire })
})

test.each([
  '',
  'ftp://jetstream.example',
  'wss://',
  'wss://user:secret@jetstream.example',
  'wss://jetstream.example/subscribe?cursor=1',
  'not a host',
])('refuses %j', (text) => {
  expect(() => readJetstreamUrl(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})

test('does not repeat a password in its message', () => {
  expect(() => readJetstreamUrl('wss://u:secret@h.example')).toThrow(/^(?!.*secret).*$/s)
})

const host = readJetstreamUrl('wss://jetstream.example')
const plain: Subscription = {
  wire: 'v1',
  cursor: null,
  collections: [],
  dids: [],
  dictionaryId: null,
  maxMessageBytes: null,
  hello: false,
}
const filtered = { ...plain, collections: ['app.bsky.feed.*', 'a.b.c'], dids: ['did:plc:x'] }

test.each<[name: string, subscription: Subscription, path: string]>([
  ['everything from the tip, v1', plain, '/subscribe'],
  [
    'everything from the tip, v2',
    { ...plain, wire: 'v2' },
    '/xrpc/network.bsky.jetstream.subscribeEvents',
  ],
  [
    'filters, v1',
    { ...filtered, cursor: 5, dictionaryId: 1, maxMessageBytes: 9 },
    '/subscribe?wantedCollections=app.bsky.feed.*&wantedCollections=a.b.c&wantedDids=did:plc:x&maxMessageSizeBytes=9&cursor=5&compress=true',
  ],
  [
    'filters, v2',
    { ...filtered, wire: 'v2', cursor: 5, dictionaryId: 1, maxMessageBytes: 9 },
    '/xrpc/network.bsky.jetstream.subscribeEvents?collections=app.bsky.feed.*&collections=a.b.c&dids=did:plc:x&maxMessageSizeBytes=9&cursor=5&zstdDictionary=1',
  ],
  [
    'filters in the first message',
    { ...filtered, hello: true, cursor: 7 },
    '/subscribe?requireHello=true&cursor=7',
  ],
])('asks for %s', (_name, subscription, path) => {
  expect(subscribeUrl(host, subscription)).toBe(`wss://jetstream.example${path}`)
})

test('the first message carries the whole filter', () => {
  expect(JSON.parse(helloMessage(filtered))).toEqual({
    type: 'options_update',
    payload: {
      wantedCollections: ['app.bsky.feed.*', 'a.b.c'],
      wantedDids: ['did:plc:x'],
      maxMessageSizeBytes: 0,
    },
  })
})

test('the dictionary is fetched over HTTP from the same host', () => {
  const path = '/xrpc/network.bsky.jetstream.getZstdDictionary'
  expect(dictionaryUrl(host)).toBe(`https://jetstream.example${path}`)
  expect(dictionaryUrl(readJetstreamUrl('localhost:1'))).toBe(`http://localhost:1${path}`)
})
