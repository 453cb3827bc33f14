import { expect, test } from 'vitest'
import { type RefusedUpgrade, type Rejection, readRejection } from './rejection.ts'

const nowMs = Date.UTC(2026, 0, 1)

function xrpc(error: string, message = ''): Partial<RefusedUpgrade> {
  return { status: 400, body: JSON.stringify({ error, message }) }
}

test.each<
  [name: string, wire: 'v1' | 'v2', refused: Partial<RefusedUpgrade>, is: Partial<Rejection>]
>([
  [
    'too old, floor named',
    'v2',
    xrpc('CursorTooOld', 'cursor 17 below lookback floor 4242; x'),
    { kind: 'too-old', floor: 4242 },
  ],
  ['too old, no floor', 'v2', xrpc('CursorTooOld', 'gone'), { kind: 'too-old', floor: null }],
  ['unknown dictionary', 'v2', xrpc('UnknownZstdDictionary'), { kind: 'unknown-dictionary' }],
  [
    'invalid, v2',
    'v2',
    xrpc('InvalidRequest', 'bad NSID'),
    { kind: 'invalid', message: 'bad NSID' },
  ],
  [
    'invalid, v1 plain text',
    'v1',
    { status: 400, body: 'invalid wantedDids\n' },
    { kind: 'invalid', message: 'invalid wantedDids' },
  ],
  ['address too long', 'v2', { status: 431 }, { kind: 'invalid' }],
  ['no such path', 'v2', { status: 404, body: 'Not Found' }, { kind: 'no-endpoint', status: 404 }],
  [
    'a page for everything',
    'v2',
    { status: 200, body: '<html>' },
    { kind: 'no-endpoint', status: 200 },
  ],
  [
    'a proxy that cannot',
    'v1',
    { status: 400, body: '<html>Bad Request' },
    { kind: 'busy', message: 'HTTP 400' },
  ],
  [
    'plain text on v2 comes from a proxy',
    'v2',
    { status: 400, body: 'nope' },
    { kind: 'busy', message: 'HTTP 400: nope' },
  ],
  [
    'warming up, v1',
    'v1',
    { status: 503, body: 'service not ready: merging' },
    { kind: 'busy', message: 'HTTP 503: service not ready: merging', retryAfterMs: 0 },
  ],
  [
    'warming up, v2',
    'v2',
    { status: 503, body: '{"error":"ServiceUnavailable","message":"merging"}' },
    { kind: 'busy', message: 'HTTP 503: merging' },
  ],
  [
    'slow down, seconds',
    'v2',
    { status: 429, retryAfter: '12' },
    { kind: 'busy', retryAfterMs: 12_000 },
  ],
  [
    'slow down, date',
    'v2',
    { status: 429, retryAfter: 'Thu, 01 Jan 2026 00:01:00 GMT' },
    { kind: 'busy', retryAfterMs: 60_000 },
  ],
  [
    'slow down, nonsense',
    'v2',
    { status: 429, retryAfter: 'later' },
    { kind: 'busy', retryAfterMs: 0 },
  ],
  ['forbidden by a CDN', 'v1', { status: 403 }, { kind: 'busy' }],
])('%s (%s)', (_name, wire, refused, is) => {
  const whole = { status: 400, retryAfter: null, body: '', ...refused }
  expect(readRejection(whole, wire, nowMs)).toMatchObject(is)
})
