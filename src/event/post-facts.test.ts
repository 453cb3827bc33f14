import { expect, test } from 'vitest'
import { readPostFacts } from './post-facts.ts'

const timeUs = 1_779_719_009_132_431
const facts = (record: Record<string, unknown>) => readPostFacts(record, timeUs)
const facet = (feature: object, byteStart = 0, byteEnd = 4) => ({
  index: { byteStart, byteEnd },
  features: [feature],
})
const tag = (value: unknown) => facet({ $type: 'app.bsky.richtext.facet#tag', tag: value })
const link = (uri: unknown) => facet({ $type: 'app.bsky.richtext.facet#link', uri })

test('hashtags are facets and hidden tags, folded, each once', () => {
  const record = {
    facets: [tag('Rye'), tag('#RYE'), tag('ｒｙｅ'), tag(''), tag(7)],
    tags: ['rye', 'Bread', '#'],
  }
  expect(facts(record).tags).toEqual(['rye', 'bread'])
})

test('domains are registrable, from links and cards, each once', () => {
  const record = {
    facets: [
      link('https://www.news.example/x'),
      link('http://NEWS.example'),
      link('javascript:alert(1)'),
      link('https://10.0.0.1/'),
      link('nonsense'),
    ],
    embed: {
      $type: 'app.bsky.embed.external',
      external: { uri: 'https://a.b.co.uk/y', title: 'T' },
    },
  }
  expect(facts(record).domains).toEqual(['news.example', 'b.co.uk'])
})

test.each([
  [['en-US', 'en', 'eng'], ['en']],
  [
    ['iw', 'pt_BR'],
    ['he', 'pt'],
  ],
  [['English', '', 'x', 5], ['und']],
  [undefined, ['und']],
  ['en', ['und']],
  [['und'], ['und']],
])('languages %j fold to %j', (langs, languages) => {
  expect(facts({ langs }).languages).toEqual(languages)
})

test('what is attached is described', () => {
  const image = (alt: unknown) => ({ image: {}, alt })
  const images = { $type: 'app.bsky.embed.images', images: [image('a cat'), image(''), image(3)] }
  expect(facts({ embed: images }).media).toEqual({
    kind: 'images',
    count: 3,
    alt: ['a cat'],
    external: null,
  })
  const quote = { record: { uri: 'at://did:plc:x/app.bsky.feed.post/1', cid: 'b' } }
  const both = facts({
    embed: { $type: 'app.bsky.embed.recordWithMedia', record: quote, media: images },
  })
  expect(both).toMatchObject({
    quote: 'at://did:plc:x/app.bsky.feed.post/1',
    media: { kind: 'images' },
  })
  const list = {
    $type: 'app.bsky.embed.record',
    record: { uri: 'at://did:plc:x/app.bsky.graph.list/1' },
  }
  expect(facts({ embed: list }).quote).toBeNull()
})

test('U+0000 and lone surrogates are replaced wherever they stand', () => {
  const record = {
    text: 'a\0b\uD800c',
    tags: ['x\0y'],
    facets: [link('https://news.example/\uDC00')],
    embed: { $type: 'app.bsky.embed.images', images: [{ alt: '\0' }] },
    labels: { values: [{ val: 'p\0' }] },
    createdAt: '\0',
  }
  expect(JSON.stringify(facts(record))).not.toMatch(/\\u0000|\\ud[89ab]|\\ud[c-f]/i)
})

test.each([
  ['2026-05-25T14:23:28.757Z', 1_779_719_008_757_000],
  ['2016-01-01T00:00:00Z', 1_451_606_400_000_000],
  ['2226-01-01T00:00:00Z', null],
  ['1816-01-01T00:00:00Z', null],
  ['yesterday', null],
  [17, null],
  [undefined, null],
])('createdAt %j', (createdAt, us) => {
  expect(facts({ createdAt }).createdAtUs).toBe(us)
})

test.each([
  { facets: 'x', tags: {}, embed: 5, reply: 'r', labels: [], langs: null, text: {} },
  {
    facets: [null, { index: null }, { index: { byteStart: 'a' }, features: 1 }],
    embed: { $type: 'app.bsky.embed.images', images: {} },
  },
  { reply: { parent: { uri: 5 }, root: null }, embed: { $type: 'app.bsky.embed.external' } },
])('misshapen fields count as absent: %j', (record) => {
  expect(facts(record)).toMatchObject({
    text: '',
    tags: [],
    domains: [],
    facets: [],
    media: null,
    parent: null,
  })
})

test('what strangers send is bounded', () => {
  const many = facts({
    text: 'x'.repeat(1_000_000),
    tags: Array.from({ length: 5_000 }, (_, n) => `t${n}`),
    facets: Array.from({ length: 5_000 }, () => link('https://news.example')),
  })
  expect(many.text.length).toBe(10_000)
  expect(many.tags.length).toBe(50)
  expect(many.facets.length).toBe(100)
})
