import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openApp, openListening } from '../support/serving.ts'

const now = '2026-07-04T15:00:00Z'

test.each(['/health', '/nothing', '/api/v1/summary?from=x', '/api/openapi.json'])(
  '%s has the headers that keep a browser from doing what it should not',
  async (url) => {
    await using serving = await openApp(now)
    const { headers } = await serving.app.inject(url)
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(policy).not.toContain('https:')
    expect(policy).not.toContain('upgrade-insecure-requests')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['access-control-allow-origin']).toBeUndefined()
  },
)

/** The status of a request under some name; `fetch` does not let one choose it. */
function askAs(host: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/health`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('a server for other machines answers to any name', async () => {
  await using serving = await openListening(now, { host: '0.0.0.0', allowedHosts: [] })
  for (const host of ['localhost', 'stats.example', '192.0.2.7:3000']) {
    expect(await askAs(host, serving.url)).toBe(200)
  }
})

test('a name that is not ours is refused, so that no page of others reads through its own name', async () => {
  await using serving = await openListening(now, { allowedHosts: ['bluesky.lan'] })
  const port = new URL(serving.url).port
  for (const host of [
    'localhost',
    `LOCALHOST:${port}`,
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    'bluesky.lan',
  ]) {
    expect(await askAs(host, serving.url)).toBe(200)
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'x@localhost',
  ]) {
    expect(await askAs(host, serving.url)).toBe(403)
  }
})

test('files of the dashboard: hashed ones for ever, the page for every place in it', async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'bluesky-analytics-web-'))
  try {
    await mkdir(join(webRoot, 'assets'))
    await writeFile(
      join(webRoot, 'index.html'),
      '<!doctype html><title>x</title><script>alert(1)</script><script src="/assets/a-1.js"></script>',
    )
    await writeFile(join(webRoot, 'assets', 'a-1.js'), 'export {}')
    await writeFile(join(webRoot, '.env'), 'SECRET=1')
    await using serving = await openApp(now, { webRoot })
    const { app } = serving
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

    for (const url of ['/', '/?range=24h&lang=pt', '/explore?lang=pt', '/tag/some.tag']) {
      const page = await app.inject({ url, headers: browser })
      expect(page.statusCode).toBe(200)
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(page.headers['cache-control']).toBe('no-cache')
      expect(page.headers['content-security-policy']).toContain(
        "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
      )
    }
    const asset = await app.inject('/assets/a-1.js')
    expect(asset.statusCode).toBe(200)
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await app.inject({ url: '/', headers: { accept: '*/*' } })).json()).toMatchObject({
      name: 'bluesky-analytics',
    })
    const missing = [
      '/assets/gone.js',
      '/api/nothing',
      '/.env',
      '/..%2f..%2fetc/passwd',
      '/assets/../.env',
    ]
    for (const url of missing) {
      const response = await app.inject({ url })
      expect(response.statusCode, url).toBeGreaterThanOrEqual(400)
      expect(response.body).not.toContain('SECRET')
      expect(response.headers['content-type']).toMatch(/problem\+json/)
    }
    expect((await app.inject({ url: '/assets/gone.js', headers: browser })).statusCode).toBe(404)
    expect((await app.inject({ url: '/api/nothing', headers: browser })).statusCode).toBe(404)
  } finally {
    await rm(webRoot, { recursive: true })
  }
})

test('a dashboard that is built anew is served without a restart, and stays while it is away', async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'bluesky-analytics-web-'))
  try {
    const index = join(webRoot, 'index.html')
    await mkdir(join(webRoot, 'assets'))
    await writeFile(index, '<!doctype html><title>first</title>')
    await using serving = await openApp(now, { webRoot })
    const load = async (url: string) =>
      (await serving.app.inject({ url, headers: { accept: 'text/html' } })).body
    expect(await load('/')).toContain('first')
    await rm(index)
    expect(await load('/')).toContain('first')
    await writeFile(join(webRoot, 'assets', 'b-2.js'), 'export {}')
    await writeFile(index, '<!doctype html><title>second</title>')
    await utimes(index, new Date(), new Date(Date.parse(now) + 1_000))
    expect(await load('/')).toContain('second')
    expect(await load('/tag/some.tag')).toContain('second')
    expect((await serving.app.inject('/assets/b-2.js')).statusCode).toBe(200)
  } finally {
    await rm(webRoot, { recursive: true })
  }
})

test('without a built dashboard a browser is told how to build it', async () => {
  await using serving = await openApp(now, { webRoot: '/nonexistent' })
  const page = await serving.app.inject({ url: '/', headers: { accept: 'text/html' } })
  expect(page.statusCode).toBe(200)
  expect(page.body).toContain('npm run build')
})
