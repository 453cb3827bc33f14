import { expect, test } from 'vitest'
import { FacetText } from './facet-text.ts'

test('offsets count UTF-8 bytes, also behind emoji, umlauts and Japanese', () => {
  const writing = new FacetText()
  writing.add('早く寝る 👩‍🌾 für dich')
  writing.mention('quiet-heron.example', 'did:plc:abc')
  writing.link('news.example/…', 'https://news.example/a?b=1&c=2')
  writing.tag('家庭菜園')
  const bytes = Buffer.from(writing.text)
  const { facets } = JSON.parse(`{${writing.member.slice(0, -1)}}`)
  const marked = facets.map(({ index, features: [feature] }: Marked) => [
    bytes.subarray(index.byteStart, index.byteEnd).toString(),
    feature.did ?? feature.uri ?? feature.tag,
  ])
  expect(marked).toEqual([
    ['@quiet-heron.example', 'did:plc:abc'],
    ['news.example/…', 'https://news.example/a?b=1&c=2'],
    ['#家庭菜園', '家庭菜園'],
  ])
  expect(writing.member).toContain('b=1\\u0026c=2')
})

test('a text without marks has no facets', () => {
  const writing = new FacetText()
  writing.add('hello')
  expect(writing.member).toBe('')
})

interface Marked {
  index: { byteStart: number; byteEnd: number }
  features: [{ did?: string; uri?: string; tag?: string }]
}
