/** One series of the text format, with its value. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

const nameRule = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const sampleRule = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const labelRule = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy

/**
 * Reads the text format strictly: throws where a scraper would refuse, or where series lack a type or come apart.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parsePrometheusText(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (comment) {
      const [, kind, name = '', rest = ''] = comment
      if (!nameRule.test(name)) throw new Error(`no name for a metric: ${line}`)
      if (kind === 'HELP') {
        if (families.has(name)) throw new Error(`${name} comes twice`)
        families.set(name, { type: 'untyped', help: rest, samples: [] })
        current = name
      } else {
        const family = families.get(name)
        if (!family || name !== current) throw new Error(`a type without help: ${line}`)
        if (!/^(counter|gauge|histogram|summary)$/.test(rest)) throw new Error(`no type: ${line}`)
        family.type = rest
      }
      continue
    }
    const sample = readSample(line)
    const family = families.get(current)
    const suffix = sample.name.slice(current.length)
    const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] }
    const allowed = suffixes[family?.type as keyof typeof suffixes] ?? ['']
    if (!family || !sample.name.startsWith(current) || !allowed.includes(suffix)) {
      throw new Error(`a sample apart from its metric: ${line}`)
    }
    const id = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (seen.has(id)) throw new Error(`a series comes twice: ${line}`)
    seen.add(id)
    family.samples.push(sample)
  }
  return families
}

function readSample(line: string): Sample {
  const match = sampleRule.exec(line)
  if (!match) throw new Error(`no sample: ${line}`)
  const [, name = '', labelText = '', valueText = ''] = match
  const labels: Record<string, string> = {}
  let end = 0
  for (const label of labelText.matchAll(labelRule)) {
    const [whole, key = '', value = ''] = label
    labels[key] = value
    end = label.index + whole.length
  }
  if (end !== labelText.length) throw new Error(`labels that cannot be read: ${line}`)
  const value = valueText === '+Inf' ? Number.POSITIVE_INFINITY : Number(valueText)
  if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw new Error(`no number: ${line}`)
  return { name, labels, value }
}
