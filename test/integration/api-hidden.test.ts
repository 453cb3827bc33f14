import { expect, test } from 'vitest'
import { formatId, userId } from '../../src/event/ids.ts'
import { formatTid } from '../../src/event/tid.ts'
import { questions } from '../../src/read/registry.ts'
import type { Reading } from '../support/reading.ts'
import { someone, usOf } from '../support/rows.ts'
import { type Listening, openListening } from '../support/serving.ts'
import { openEventStream } from '../support/sse.ts'

const now = '2026-07-04T15:00:00Z'
const eve = 'did:plc:eve'
const handle = 'evil-eve.example'
const secret = 'xyzzysecret'
const postedAt = '2026-07-04T14:10:00Z'
const uri = `at://${eve}/app.bsky.feed.post/${formatTid(usOf(postedAt), 0)}`

/** Ways to ask each endpoint that would show the account, if anything did. */
const queries: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/account': [`account=${eve}`, `account=${handle}`],
  '/api/v1/active-accounts': ['', `author=${eve}`],
  '/api/v1/engagement': [`uri=${uri}`],
  '/api/v1/posts': ['', `author=${eve}`, `author=${handle}`, 'tag=art', 'lang=en'],
  '/api/v1/summary': ['', `author=${handle}`],
  '/api/v1/timeseries': ['', 'dimension=mention', `dimension=tag&author=${eve}`],
  '/api/v1/top': ['dimension=mention', `dimension=tag&author=${eve}`, 'dimension=tag&lang=en'],
  '/api/v1/users': ['', `did=${eve}`, `handle=${handle}`, 'active=false'],
  '/jetstream-test': ['seconds=1'],
}

test('what an account wrote and what it is called is in no answer and no stream once it is hidden', async () => {
  await using serving = await openListening(now)
  const { reading } = serving
  const id = await fill(reading)
  expect(await (await fetch(`${serving.url}/api/v1/posts?id=${id}`)).json()).toMatchObject({
    posts: [{ id, text: secret, engagement: { likes: 3 } }],
  })
  const before = await walk(serving)
  expect(before.filter(({ shows }) => shows).map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      '/api/v1/account',
      '/api/v1/engagement',
      '/api/v1/posts',
      '/api/v1/top',
      '/api/v1/users',
    ]),
  )
  const live = await openEventStream(`${serving.url}/api/v1/live`, {
    'last-event-id': usOf('2026-07-04T14:00:00Z').toString(36),
  })
  expect(JSON.stringify(await live.next('posts'))).toContain(secret)

  await reading.rows.user({ did: eve, handle, active: false, status: 'takendown' })
  await reading.rows.standing(eve, { hidden: true })
  await expect
    .poll(async () => (await walk(serving)).filter(({ shows }) => shows), { timeout: 5_000 })
    .toEqual([])
  const byId = await fetch(`${serving.url}/api/v1/posts?id=${id}`)
  expect(await byId.json()).toMatchObject({ posts: [] })
  const again = await openEventStream(`${serving.url}/api/v1/live`, {
    'last-event-id': usOf('2026-07-04T14:00:00Z').toString(36),
  })
  const posts = await again.next('posts')
  expect(JSON.stringify(posts)).toContain('by someone else')
  expect(JSON.stringify(posts)).not.toMatch(/xyzzysecret|evil-eve/)
  live.close()
  again.close()
})

test('what was deleted by the ledger shows nowhere, also before its rows are gone', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await fill(serving.reading)
  // The account goes on: what it wrote before the cut is gone, what it wrote after it is there.
  await rows.post({ did: eve, at: '2026-07-04T14:40:00Z', text: 'a new start' })
  await rows.standing(eve, { cutRev: formatTid(usOf('2026-07-04T14:30:00Z'), 0) })
  const texts = async () =>
    JSON.stringify(await (await fetch(`${serving.url}/api/v1/posts`)).json())
  expect(await texts()).toContain('a new start')
  expect(await texts()).not.toContain(secret)
  const found = await fetch(`${serving.url}/api/v1/engagement?uri=${encodeURIComponent(uri)}`)
  expect(await found.json()).toMatchObject({ post: null })
})

test('a row that is hidden shows nowhere, whatever its account says', async () => {
  await using serving = await openListening(now)
  await fill(serving.reading)
  await serving.reading.rows.client.query(
    'update bluesky_post set hidden = true where user_id = $1',
    [formatId(userId(eve))],
  )
  const posts = await fetch(`${serving.url}/api/v1/posts`)
  expect(await posts.text()).not.toContain(secret)
})

/** Returns the id of the post. */
async function fill({ rows }: Reading): Promise<string> {
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T14:59:00Z')
  await rows.user({ did: eve, handle, seen: '2026-07-04T14:00:00Z' })
  const id = await rows.post({
    did: eve,
    at: postedAt,
    text: secret,
    langs: ['en'],
    tags: [secret, 'art'],
  })
  await rows.post({ at: '2026-07-04T14:20:00Z', text: 'by someone else', tags: ['art'] })
  await rows.user({ did: someone, handle: 'someone.example' })
  await rows.authors('2026-07-04T14:10:00Z', 'mention', eve, 3, [someone])
  await rows.active(postedAt, eve)
  await rows.engaged(id, '2026-07-04T14:20:00Z', { likes: 3 })
  return id
}

/** Every endpoint of the registry, and whether its answer shows the account beyond what was asked with. */
async function walk({ url }: Listening): Promise<{ path: string; shows: boolean }[]> {
  const asked = questions.flatMap(({ endpoint: { path } }) =>
    (queries[path] ?? ['']).map((query) => ({ path, query })),
  )
  return Promise.all(
    asked.map(async ({ path, query }) => {
      const response = await fetch(`${url}${path}?${query}`)
      const text = await response.text()
      expect(response.status, text).toBeLessThan(500)
      const echoed = [uri, query.split('=')[1] ?? ''].filter((part) => part !== '')
      const told = echoed.reduce((rest, part) => rest.replaceAll(part, ''), text)
      return { path, shows: [secret, handle, eve].some((word) => told.includes(word)) }
    }),
  )
}
