/**
 * What the counts must be, computed the slow and obvious way from the lines of a recording: the last operation on every record, by
 * revision, and then plain counting. Shares no code with the program.
 */
export interface NaiveCounts {
  readonly collection: Record<string, number>
  readonly operation: Record<string, number>
  readonly language: Record<string, number>
  readonly tag: Record<string, number>
  readonly accounts: number
  readonly livePosts: number
}

export interface Line {
  did: string
  time_us: number
  kind: string
  commit?: {
    rev: string
    operation: string
    collection: string
    rkey: string
    record?: Record<string, unknown>
  }
  identity?: { seq: number }
  account?: { seq: number; time: string; active: boolean; status?: string }
  sync?: { rev: string }
}

/** The line of the last operation on every record, and of every other event once. */
export function foldNaively(lines: Iterable<string>): Line[] {
  const last = new Map<string, Line>()
  for (const text of lines) {
    const line = JSON.parse(text) as Line
    const { commit } = line
    if (commit) {
      const key = `${line.did} ${commit.collection} ${commit.rkey}`
      const known = last.get(key)?.commit
      if (!known || known.rev < commit.rev) last.set(key, line)
    } else {
      last.set(
        `${line.kind} ${line.did} ${line.identity?.seq ?? line.account?.seq ?? line.sync?.rev}`,
        line,
      )
    }
  }
  return [...last.values()]
}

export function countNaively(lines: Iterable<string>): NaiveCounts {
  const all = [...lines]
  const accounts = new Set(all.map((text) => (JSON.parse(text) as Line).did))
  const counts = {
    collection: {},
    operation: {},
    language: {},
    tag: {},
    accounts: accounts.size,
    livePosts: 0,
  }
  for (const { kind, commit } of foldNaively(all)) {
    const collection = commit?.collection ?? `$${kind}`
    const operation = commit?.operation ?? 'update'
    bump(counts.collection, collection)
    bump(counts.operation, `${collection}/${operation}`)
    if (collection !== 'app.bsky.feed.post' || operation === 'delete') continue
    counts.livePosts += 1
    const record = commit?.record ?? {}
    for (const language of new Set(languagesOf(record))) bump(counts.language, language)
    for (const tag of new Set(tagsOf(record))) bump(counts.tag, tag)
  }
  return counts
}

function languagesOf(record: Record<string, unknown>): string[] {
  const langs = Array.isArray(record.langs) ? record.langs : []
  const primary = langs
    .filter((tag: string) => /^[a-z]{2,3}(-|$)/i.test(tag))
    .map((tag: string) => (tag.split('-')[0] ?? '').toLowerCase())
  return primary.length > 0 ? primary : ['und']
}

function tagsOf(record: Record<string, unknown>): string[] {
  const facets = Array.isArray(record.facets) ? record.facets : []
  const features = facets.flatMap(
    (facet: { features: { $type: string; tag?: string }[] }) => facet.features,
  )
  const hidden = Array.isArray(record.tags) ? (record.tags as string[]) : []
  const marked = features.filter((f) => f.$type.endsWith('#tag')).map((f) => f.tag ?? '')
  return [...marked, ...hidden]
    .map((tag) => tag.normalize('NFKC').toLowerCase().replace(/^#+/, '').trim())
    .filter(Boolean)
}

function bump(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}
