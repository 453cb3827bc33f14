import { jsonText } from './json.ts'

/** A post's text put together piece by piece, with the marks on it. Offsets count UTF-8 bytes. */
export class FacetText {
  #text = ''
  #facets = ''

  get text(): string {
    return this.#text
  }

  add(piece: string): void {
    this.#text += piece
  }

  /** Adds a piece that means something, apart from what stands before it. `feature` is the JSON behind `$type`. */
  mark(piece: string, kind: 'link' | 'mention' | 'tag', feature: string): void {
    if (this.#text !== '') this.#text += ' '
    const byteStart = Buffer.byteLength(this.#text)
    const byteEnd = byteStart + Buffer.byteLength(piece)
    this.#text += piece
    this.#facets +=
      `${this.#facets === '' ? '' : ','}{"features":[{"$type":"app.bsky.richtext.facet#${kind}",${feature}}],` +
      `"index":{"byteEnd":${byteEnd},"byteStart":${byteStart}}}`
  }

  link(shown: string, uri: string): void {
    this.mark(shown, 'link', `"uri":${jsonText(uri)}`)
  }

  mention(handle: string, did: string): void {
    this.mark(`@${handle}`, 'mention', `"did":"${did}"`)
  }

  tag(tag: string): void {
    this.mark(`#${tag}`, 'tag', `"tag":${jsonText(tag)}`)
  }

  /** The `facets` member of the record with its comma, or nothing. */
  get member(): string {
    return this.#facets === '' ? '' : `"facets":[${this.#facets}],`
  }
}
