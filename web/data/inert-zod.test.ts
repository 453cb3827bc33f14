import { expect, test, vi } from 'vitest'

test('every contract keeps its path without validators', async () => {
  vi.doMock('zod', () => import('./inert-zod.ts'))
  const [{ health }, { listPosts }, { live }, { summary }, { timeseries }, { top }] =
    await Promise.all([
      import('#contract/health.ts'),
      import('#contract/posts.ts'),
      import('#contract/live.ts'),
      import('#contract/summary.ts'),
      import('#contract/timeseries.ts'),
      import('#contract/top.ts'),
    ])
  expect([health, listPosts, live, summary, timeseries, top].map(({ path }) => path)).toEqual([
    '/health',
    '/api/v1/posts',
    '/api/v1/live',
    '/api/v1/summary',
    '/api/v1/timeseries',
    '/api/v1/top',
  ])
})
