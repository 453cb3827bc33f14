import type { Filters } from '#contract/common.ts'

export const filterNames = ['lang', 'tag', 'domain', 'author'] as const
export type FilterName = (typeof filterNames)[number]
/** Restrictions that hold together, at most one of each kind. */
export type ActiveFilters = { readonly [name in FilterName]?: NonNullable<Filters[name]> }

export type ParsedFilter =
  | { readonly ok: true; readonly name: FilterName; readonly value: string }
  | { readonly ok: false; readonly message: string }

const prefixes: Readonly<Record<string, FilterName>> = {
  lang: 'lang',
  language: 'lang',
  tag: 'tag',
  domain: 'domain',
  link: 'domain',
  from: 'author',
  author: 'author',
}

/** Reads what a person types: `lang:pt`, `#tag`, `domain:example.org`, `from:handle`, `@handle`. */
export function parseFilter(text: string): ParsedFilter {
  const trimmed = text.trim()
  const tag = /^[#＃](.+)$/u.exec(trimmed)?.[1]
  if (tag) return checked('tag', tag)
  const handle = /^@(.+)$/.exec(trimmed)?.[1]
  if (handle) return checked('author', handle)
  if (/^did:[a-z]+:/.test(trimmed)) return checked('author', trimmed)
  const [, prefix, value] = /^([a-z]+):\s*(.+)$/i.exec(trimmed) ?? []
  const name = prefix ? prefixes[prefix.toLowerCase()] : undefined
  if (!name || !value) return refuse('Write lang:pt, #tag, domain:example.org or from:handle')
  return checked(name, value)
}

/** Brings a value into the form that the API expects, or says what is wrong with it. */
export function checked(name: FilterName, raw: string): ParsedFilter {
  const value = raw.trim()
  switch (name) {
    case 'lang': {
      const primary = value.toLowerCase().split(/[-_]/)[0] ?? ''
      return /^[a-z]{2,8}$/.test(primary)
        ? { ok: true, name, value: primary }
        : refuse('A language is a code such as pt or ja; und for undeclared')
    }
    case 'tag': {
      const tag = value
        .replace(/^[#＃]+/u, '')
        .normalize('NFKC')
        .toLowerCase()
      return tag.length > 0 && tag.length <= 640 && !/\s/.test(tag)
        ? { ok: true, name, value: tag }
        : refuse('A tag is one word without spaces')
    }
    case 'domain': {
      const domain = value
        .replace(/^https?:\/\//i, '')
        .replace(/[/?#].*$/, '')
        .toLowerCase()
      return /^[^\s.:@]+(\.[^\s.:@]+)+$/.test(domain) && domain.length <= 253
        ? { ok: true, name, value: domain }
        : refuse('A domain looks like example.org')
    }
    case 'author': {
      const author = value.replace(/^@/, '')
      return /^(did:[a-z]+:\S+|[^\s@:/]+\.[^\s@:/]+)$/.test(author) && author.length <= 2048
        ? { ok: true, name, value: author }
        : refuse('An account is a handle such as ana.example, or a DID')
    }
    default:
      return name satisfies never
  }
}

/** What is wrong with the filters that hold, of an error that has more to say than that. */
export function refusedFilters(
  refused: readonly { readonly parameter: string; readonly message: string }[],
): readonly string[] {
  const names: readonly string[] = filterNames
  return refused.flatMap(({ parameter, message }) =>
    names.includes(parameter) ? `${parameter}: ${message}` : [],
  )
}

/** How a filter reads as a chip, and how it can be typed back in. */
export function filterText(name: FilterName, value: string): string {
  switch (name) {
    case 'lang':
      return `lang:${value}`
    case 'tag':
      return `#${value}`
    case 'domain':
      return `domain:${value}`
    case 'author':
      return `from:${value}`
    default:
      return name satisfies never
  }
}

export function hasFilters(filters: ActiveFilters): boolean {
  return filterNames.some((name) => filters[name] !== undefined)
}

/** The filters with one set, or taken away where `value` is undefined. */
export function withFilter(
  filters: ActiveFilters,
  name: FilterName,
  value: string | undefined,
): ActiveFilters {
  const next: { [name in FilterName]?: string } = { ...filters }
  if (value === undefined) delete next[name]
  else next[name] = value
  return next
}

function refuse(message: string): ParsedFilter {
  return { ok: false, message }
}
