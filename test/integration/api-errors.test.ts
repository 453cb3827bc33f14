import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../src/api/app.ts'
import { Problem } from '../../src/contract/common.ts'
import { openReader } from '../../src/read/read.ts'
import { wellHealth } from '../support/reading.ts'
import { openApp, type Serving } from '../support/serving.ts'

const now = '2026-07-04T15:00:00Z'

// Refusals leave nothing behind: one application for all of them.
let shared: Serving
beforeAll(async () => {
  shared = await openApp(now)
})
afterAll(async () => {
  await shared[Symbol.asyncDispose]()
})

test.each([
  ['/api/v1/summary?from=yesterday', ['from']],
  ['/api/v1/summary?from=2026-07-05T00:00:00Z', ['from']],
  ['/api/v1/summary?from=2026-02-30T00:00:00Z', ['from']],
  ['/api/v1/summary?tz=Mars/Olympus', ['tz']],
  ['/api/v1/summary?langs=pt', ['langs']],
  ['/api/v1/timeseries?top=0&interval=week&dimension=color', ['dimension', 'top', 'interval']],
  ['/api/v1/timeseries?from=2026-06-01T00:00:00Z&interval=minute', ['interval']],
  ['/api/v1/top', ['dimension']],
  ['/api/v1/top?dimension=tag&limit=1000', ['limit']],
  ['/api/v1/top?dimension=tag&dimension=domain', ['dimension']],
  ['/api/v1/posts?limit=many', ['limit']],
  ['/api/v1/posts?cursor=abc', ['cursor']],
  ['/api/v1/posts?lang=12', ['lang']],
  ['/api/v1/posts?tag=', ['tag']],
  ['/api/v1/users?active=maybe', ['active']],
  ['/api/v1/users?seenSince=2026', ['seenSince']],
  ['/api/v1/live?domain=nothing', ['domain']],
  ['/api/v1/live?tags=a', ['tags']],
  ['/jetstream-test?seconds=99', ['seconds']],
  ['/db-test?verbose=1', ['verbose']],
  ['/health?x=1', ['x']],
])('%s is refused with what would be right for %j', async (url, parameters) => {
  const response = await shared.app.inject({ url, headers: { 'x-request-id': 'my-trace.1' } })
  expect(response.statusCode).toBe(400)
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(response.headers['x-request-id']).toBe('my-trace.1')
  const problem = Problem.parse(response.json())
  expect(problem).toMatchObject({ status: 400, title: 'Bad Request', requestId: 'my-trace.1' })
  expect(problem.code).toMatch(/^(REQUEST|CURSOR)_INVALID$/)
  expect(problem.errors?.map(({ parameter }) => parameter)).toEqual(parameters)
  for (const { message } of problem.errors ?? []) expect(message).toMatch(/right|must/i)
})

test.each([
  ['GET', '/nothing/here', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/nothing', 404, 'NOT_FOUND'],
  ['POST', '/api/v1/posts', 405, 'METHOD_REFUSED'],
  ['DELETE', '/health', 405, 'METHOD_REFUSED'],
  ['POST', '/nothing', 404, 'NOT_FOUND'],
  ['GET', '/%E0%A4%A', 400, 'REQUEST_INVALID'],
] as const)('%s %s is a problem document with %i', async (method, url, status, code) => {
  const response = await shared.app.inject({ method, url })
  expect(response.statusCode).toBe(status)
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(Problem.parse(response.json())).toMatchObject({ status, code })
  expect(response.headers['x-request-id']).toMatch(/^[\w-]{36}$/)
  if (status === 405) expect(response.headers.allow).toBe('GET, HEAD')
})

test('a request id that is no id is not taken over', async () => {
  const response = await shared.app.inject({
    url: '/nothing',
    headers: { 'x-request-id': '"><script>' },
  })
  expect(response.headers['x-request-id']).toMatch(/^[\w-]{36}$/)
})

test('when the database is away the answer is 503, to be tried again, and health says so', async () => {
  await using reader = openReader({
    url: 'postgresql://nobody:secret@127.0.0.1:1/none',
    poolSize: 1,
    statementTimeoutMs: 1_000,
    process: {
      health: () => wellHealth,
      probeSource: () => Promise.reject(new Error('not asked')),
    },
  })
  const app = await buildApp({ reader, version: '0' })
  const response = await app.inject('/api/v1/summary')
  expect(response.statusCode).toBe(503)
  expect(response.headers['retry-after']).toBe('2')
  expect(response.headers['cache-control']).toBe('no-store')
  expect(Problem.parse(response.json()).code).toBe('DATABASE_UNAVAILABLE')
  expect(response.body).not.toContain('secret')
  const health = await app.inject('/health')
  expect(health.statusCode).toBe(503)
  expect(health.json()).toMatchObject({ status: 'down' })
  await app.close()
})

test('a failure of our own tells nothing but its request id', async () => {
  await using serving = await openApp(now)
  await serving.reading.rows.client.query('drop table gap')
  const response = await serving.app.inject('/api/v1/summary')
  expect(response.statusCode).toBe(500)
  const problem = Problem.parse(response.json())
  expect(problem.code).toBe('INTERNAL')
  expect(response.body).not.toMatch(/gap|relation|at .*\.ts/)
  expect(problem.requestId).toBe(response.headers['x-request-id'])
})

test('a question that takes too long is 503 with what to try', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  await using reader = openReader({
    url: reading.url,
    poolSize: 1,
    statementTimeoutMs: 50,
    process: {
      health: () => wellHealth,
      probeSource: () => Promise.reject(new Error('not asked')),
    },
  })
  await app.close()
  const impatient = await buildApp({ reader, version: '0' })
  await reading.rows.client.query('begin; lock table bluesky_user in access exclusive mode')
  const response = await impatient.inject('/api/v1/users')
  expect(response.statusCode).toBe(503)
  expect(response.json()).toMatchObject({ code: 'QUERY_TOO_SLOW' })
  await reading.rows.client.query('rollback')
  await impatient.close()
})
