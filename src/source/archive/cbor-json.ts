import { isUtf8 } from 'node:buffer'
import { type Token, Tokenizer, Type } from 'cborg'
import { formatCid, isCid } from './cid.ts'

/** What Jetstream itself gives up at: a record nested deeper is on neither wire. */
const maxDepth = 128
const linkTag = 42
const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n } as const
const decodeOptions = { strict: true, allowIndefinite: false, allowBigInt: true } as const
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const toEscape = /["\\<>&\u0000-\u001f\u2028\u2029]/
const specials = /[<>&\u2028\u2029]/g

/**
 * DAG-CBOR as the text of its JSON, by the data model of atproto: a link is `{"$link":…}`, bytes are `{"$bytes":…}`. The
 * text is the one that Jetstream sends: keys sorted, `<`, `>` and `&` escaped. Integers keep all their digits. Null where
 * the bytes are no atproto data (a float, a repeated key, another tag, nested too deep, cut off …). Never throws.
 *
 * The text is written token by token instead of decoding to values first: no recursion that a stranger can deepen, and
 * no key that could be `__proto__`.
 *
 * @see https://atproto.com/specs/data-model
 */
export function cborToJson(payload: Uint8Array): string | null {
  // The tokenizer is faster on plain bytes than on a Buffer.
  const data = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
  try {
    const writer = new JsonWriter(data)
    const text = writer.value(1)
    return writer.done() ? text : null
  } catch {
    return null // the caller counts it; which rule it broke helps nobody
  }
}

class JsonWriter {
  readonly #data: Uint8Array
  readonly #tokens: Tokenizer

  constructor(data: Uint8Array) {
    this.#data = data
    this.#tokens = new Tokenizer(data, decodeOptions)
  }

  done(): boolean {
    return this.#tokens.done()
  }

  value(depth: number): string {
    if (depth > maxDepth) throw new RangeError('nested too deep')
    const start = this.#tokens.pos()
    const token: Token = this.#tokens.next()
    switch (token.type) {
      case Type.string:
        return quote(this.#text(token.value, start))
      case Type.map:
        return this.#map(token.value, depth)
      case Type.array:
        return this.#array(token.value, depth)
      case Type.uint:
      case Type.negint:
        return integer(token.value)
      case Type.tag:
        return this.#link(token.value)
      case Type.bytes:
        return `{"$bytes":"${base64(token.value)}"}`
      case Type.true:
        return 'true'
      case Type.false:
        return 'false'
      case Type.null:
        return 'null'
      default:
        throw new TypeError(`${token.type.name} is not in the data model`)
    }
  }

  #map(size: number, depth: number): string {
    const members: { key: string; text: string }[] = []
    for (let i = 0; i < size; i++) {
      const start = this.#tokens.pos()
      const token: Token = this.#tokens.next()
      if (token.type !== Type.string) throw new TypeError('a key is no text')
      members.push({ key: this.#text(token.value, start), text: this.value(depth + 1) })
    }
    members.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    let json = '{'
    let before: string | null = null
    for (const { key, text } of members) {
      if (key === before) throw new TypeError('a key is repeated')
      json += before === null ? `${quote(key)}:${text}` : `,${quote(key)}:${text}`
      before = key
    }
    return `${json}}`
  }

  #array(size: number, depth: number): string {
    let json = '['
    for (let i = 0; i < size; i++) {
      json += i === 0 ? this.value(depth + 1) : `,${this.value(depth + 1)}`
    }
    return `${json}]`
  }

  #link(tag: number): string {
    const token: Token = this.#tokens.next()
    if (tag !== linkTag || token.type !== Type.bytes) throw new TypeError('an unknown tag')
    const bytes: Uint8Array = token.value
    const cid = bytes.subarray(1)
    if (bytes[0] !== 0 || !isCid(cid)) throw new TypeError('a link is no CID')
    return `{"$link":"${formatCid(cid)}"}`
  }

  /** The tokenizer drops a byte-order mark that begins a text, and mends broken UTF-8: the bytes themselves decide. */
  #text(decoded: string, start: number): string {
    const from = start + headBytes(this.#data[start] ?? 0)
    if (this.#data[from] !== 0xef && !decoded.includes('\ufffd')) return decoded
    const { buffer, byteOffset } = this.#data
    const bytes = Buffer.from(buffer, byteOffset + from, this.#tokens.pos() - from)
    if (!isUtf8(bytes)) throw new TypeError('a text is no UTF-8')
    return bytes.toString()
  }
}

/** Bytes before the content of a text: its kind and length. */
function headBytes(initial: number): number {
  const minor = initial & 31
  return minor < 24 ? 1 : 1 + 2 ** (minor - 24)
}

function integer(value: number | bigint): string {
  if (value < int64.least || value > int64.most) throw new RangeError('more than 64 bits')
  return String(value)
}

function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return text.replace(/=+$/, '')
}

/** A JSON string as Go writes it. */
export function quote(text: string): string {
  // Nearly every text is itself between quotes: a quarter of the time (hot path).
  if (!toEscape.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(
    specials,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
