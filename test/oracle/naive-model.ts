/**
 * What the counts must be when every deletion is settled, computed the slow and obvious way from the lines of a recording: the last operation on every record, by
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
  const events = all.map((text) => JSON.parse(text) as Line)
  const accounts = new Set(events.map(({ did }) => did))
  const hidden = hiddenAccounts(events)
  const cuts = cutsOf(events)
  const counts = {
    collection: {},
    operation: {},
    language: {},
    tag: {},
    accounts: accounts.size,
    livePosts: 0,
  }
  for (const { did, kind, commit } of foldNaively(all)) {
    if (commit && (hidden.has(did) || commit.rev < (cuts.get(did) ?? ''))) continue
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

/** Accounts whose last word (greatest seq) is that they are not active, but for the states that are advice. */
export function hiddenAccounts(events: readonly Line[]): Set<string> {
  const last = new Map<string, NonNullable<Line['account']>>()
  for (const { did, account } of events) {
    if (account && account.seq > (last.get(did)?.seq ?? -1)) last.set(did, account)
  }
  const advice = ['desynchronized', 'throttled']
  return new Set(
    [...last]
      .filter(([, { active, status }]) => !active && !advice.includes(status ?? ''))
      .map(([did]) => did),
  )
}

/** Below which revision the records of an account are gone. */
export function cutsOf(events: readonly Line[]): Map<string, string> {
  const cuts = new Map<string, string>()
  const cut = (did: string, rev: string) => {
    if (rev > (cuts.get(did) ?? '')) cuts.set(did, rev)
  }
  for (const { did, account, sync } of events) {
    if (sync) cut(did, sync.rev)
    if (account && !account.active && account.status === 'deleted') {
      cut(did, tidOf((Date.parse(account.time) + 60_000) * 1000))
    }
  }
  return cuts
}

function tidOf(us: number): string {
  let rest = BigInt(us) << 10n
  let tid = ''
  for (let i = 0; i < 13; i++) {
    tid = '234567abcdefghijklmnopqrstuvwxyz'.charAt(Number(rest % 32n)) + tid
    rest /= 32n
  }
  return tid
}
