import { expect, test } from 'vitest'
import { live } from '../../src/contract/live.ts'
import { questions } from '../../src/read/registry.ts'
import { openApp } from '../support/serving.ts'

const now = '2026-07-04T15:00:00Z'

interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Record<string, Record<string, Operation>>
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[]
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>
}

test('the document describes every route: parameters, answers and problems', async () => {
  await using serving = await openApp(now)
  const response = await serving.app.inject('/api/openapi.json')
  const document: Document = response.json()
  expect(document.openapi).toBe('3.1.0')
  const endpoints = [...questions.map(({ endpoint }) => endpoint), live]
  expect(Object.keys(document.paths).sort()).toEqual(
    ['/', ...endpoints.map(({ path }) => path)].sort(),
  )
  for (const endpoint of endpoints) {
    const operation = document.paths[endpoint.path]?.get
    expect(operation?.summary).toBe(endpoint.summary)
    for (const parameter of operation?.parameters ?? []) {
      expect(parameter).toMatchObject({ in: 'query', schema: expect.any(Object) })
    }
    const type = endpoint === live ? 'text/event-stream' : 'application/json'
    expect(operation?.responses['200']?.content).toHaveProperty([type, 'schema'])
    for (const status of ['4XX', '5XX']) {
      expect(operation?.responses[status]?.content).toHaveProperty('application/problem+json')
    }
  }
  const names = document.paths['/api/v1/top']?.get?.parameters?.map(({ name }) => name)
  expect(names).toEqual([
    'from',
    'to',
    'tz',
    'lang',
    'tag',
    'domain',
    'author',
    'dimension',
    'limit',
  ])
})

test('no reference in the document leads nowhere, and every schema says what it is', async () => {
  await using serving = await openApp(now)
  const document = (await serving.app.inject('/api/openapi.json')).json()
  const references: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') references.push(String(inner))
      visit(inner)
    }
  }
  visit(document)
  for (const reference of references) {
    const target = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, name) => Object(at)[name], document)
    expect(target, reference).toBeDefined()
  }
})

test('the page that shows it loads nothing from elsewhere', async () => {
  await using serving = await openApp(now)
  const { app } = serving
  const page = await app.inject('/api/docs/')
  expect(page.statusCode).toBe(200)
  const sources = [...page.body.matchAll(/(?:src|href|url)\s*[=:]\s*"([^"]+)"/gi)].map(
    ([, url]) => url,
  )
  expect(sources).toEqual(expect.arrayContaining(['js/scalar.js']))
  for (const url of sources) expect(url).not.toMatch(/^(https?:)?\/\//)
  expect(page.body).toContain('"withDefaultFonts": false')
  expect(page.body).toContain('"telemetry": false')
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+';/)
  expect(policy).not.toMatch(/https?:|unsafe-eval/)
  const script = await app.inject('/api/docs/js/scalar.js')
  expect(script.statusCode).toBe(200)
})
