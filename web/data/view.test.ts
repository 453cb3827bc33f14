import { describe, expect, it, test } from 'vitest'
import {
  parseSearch,
  readView,
  shownMetric,
  stringifySearch,
  type View,
  writeView,
} from './view.ts'

const plain: View = {
  range: null,
  zone: null,
  filters: {},
  metric: null,
  by: 'total',
  only: null,
  table: false,
}

function roundTrip(view: View): View {
  return readView(parseSearch(stringifySearch(writeView(view))))
}

test('a page as it opens has an empty query', () => {
  expect(stringifySearch(writeView(plain))).toBe('')
})

test('a URL is short and reads as a sentence', () => {
  const view: View = {
    ...plain,
    range: { kind: 'relative', seconds: 86_400 },
    zone: 'Europe/Berlin',
    filters: { lang: 'pt' },
    metric: 'posts',
    by: 'language',
  }
  expect(stringifySearch(writeView(view))).toBe(
    '?range=24h&tz=Europe/Berlin&lang=pt&metric=posts&by=language',
  )
})

describe('everything comes back from the URL', () => {
  it.each<[string, Partial<View>]>([
    ['a relative range', { range: { kind: 'relative', seconds: 5400 } }],
    [
      'an absolute range',
      {
        range: {
          kind: 'absolute',
          fromMs: Date.parse('2026-07-04T14:00:00Z'),
          toMs: Date.parse('2026-07-04T15:30:00Z'),
        },
      },
    ],
    ['a zone', { zone: 'America/Argentina/Buenos_Aires' }],
    [
      'all filters, with whatever they hold',
      {
        filters: {
          lang: 'und',
          tag: 'c&a=b?#日本+1',
          domain: 'bücher.example',
          author: 'did:web:a.example',
        },
      },
    ],
    ['metric, series and table', { metric: 'events', only: 'app.bsky.feed.like', table: true }],
  ])('%s', (_name, part) => {
    const view = { ...plain, ...part }
    expect(roundTrip(view)).toEqual(view)
  })
})

test('what cannot be read is left at its default', () => {
  const search = {
    range: 'soon',
    from: 'yesterday',
    to: '2026-07-04T14:00Z',
    tz: 'Mars/Olympus',
    lang: 'not a language',
    domain: 'nodots',
    metric: 'fame',
    by: 'star sign',
    view: 'pie',
  }
  expect(readView(search)).toEqual(plain)
})

test('a filter turns to posts, unless another metric was chosen', () => {
  expect(shownMetric(plain)).toBe('events')
  expect(shownMetric({ ...plain, filters: { tag: 'x' } })).toBe('posts')
  expect(shownMetric({ ...plain, filters: { tag: 'x' }, metric: 'events' })).toBe('events')
})
