import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createHttpMetrics } from '../src/api/metrics.ts'
import { live } from '../src/contract/live.ts'
import { livez, metrics, readyz } from '../src/contract/probes.ts'
import { errorCodes } from '../src/errors.ts'
import { createInProcessLog } from '../src/eventlog/in-process.ts'
import { meterLog } from '../src/eventlog/metrics.ts'
import { createStateMetrics } from '../src/read/metrics.ts'
import { questions } from '../src/read/registry.ts'
import { openFileSource } from '../src/source/file.ts'
import { meterSource } from '../src/source/metrics.ts'
import { createStoreMetrics } from '../src/store/metrics.ts'
import { createRegistry } from '../src/telemetry/metrics.ts'

const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const read = (path: string) => readFileSync(path, 'utf8')

test('links between documents lead somewhere', () => {
  const broken = documents.flatMap((path) =>
    linksOf(read(path))
      .filter((link) => !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`),
  )
  expect(broken).toEqual([])
})

test('every invariant names a test that there is', () => {
  const named = [...read('ARCHITECTURE.md').matchAll(/`([\w/.-]+\.ts)`: “([^”]+)”/g)]
  expect(named.length).toBeGreaterThan(20)
  const missing = named
    .filter(([, path = '', name = '']) => !existsSync(path) || !read(path).includes(`'${name}'`))
    .map(([whole]) => whole)
  expect(missing).toEqual([])
})

test('the README lists every command as the help does', () => {
  const said = [
    ...read('src/cli.ts').matchAll(
      /^(?:const \w+ = )?command\('([\w-]+)', '([^']+)'(?=\)|, \{(?! parent))/gm,
    ),
  ]
  const listed = [...read('README.md').matchAll(/^\| `([\w-]+)` \| (.+?)(?: \(.*\))? \|$/gm)]
  const sorted = (found: RegExpMatchArray[]) => found.map(([, ...row]) => row.join(': ')).sort()
  expect(sorted(listed)).toEqual(sorted(said))
})

test('docs/dependencies.md has every package, and none that is gone', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const used = Object.keys({ ...dependencies, ...devDependencies })
  const rows = read('docs/dependencies.md').matchAll(/^\| (`.+?) \|/gm)
  const named = [...rows].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
  const shown = used.map((name) => (name.startsWith('@types/') ? '@types/*' : name))
  expect([...new Set(named)].sort()).toEqual([...new Set(shown)].sort())
})

test('docs/api.md has every endpoint', () => {
  const others = [live, livez, metrics, readyz]
  const paths = [...questions.map(({ endpoint }) => endpoint), ...others].map(({ path }) => path)
  const text = read('docs/api.md')
  expect(paths.filter((path) => !text.includes(`\`${path}\``))).toEqual([])
})

test('every error code says in a document what to do about it', () => {
  const text = read('docs/operating.md') + read('docs/api.md')
  expect(Object.keys(errorCodes).filter((code) => !text.includes(`\`${code}\``))).toEqual([])
})

test('docs/monitoring.md has every metric, with its type and labels, and none that is gone', () => {
  const listed = [
    ...read('docs/monitoring.md').matchAll(
      /^\| `(bluesky_\w+)` \| (\w+) \| ((?:`\w+`(?:, )?)*) ?\|/gm,
    ),
  ]
  const rows = listed.map(([, name, type, labels = '']) => `${name} ${type} ${labels}`.trim())
  expect(rows.sort()).toEqual(describeMetrics().sort())
})

/** Name, type and labels of every series that is ours, as a process with all stages has them. */
function describeMetrics(): string[] {
  const registry = createRegistry({ version: '0.0.0', role: 'start' })
  const path = 'none.jsonl'
  const signal = AbortSignal.abort()
  meterSource(openFileSource({ path, position: null, speed: 'max', signal }), registry)
  meterLog(createInProcessLog(1), registry)
  createStoreMetrics(registry)
  createStateMetrics(registry)
  createHttpMetrics(registry)
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('bluesky_'))
    .map((metric) => {
      const labels: string[] = Object(metric).labelNames
      const quoted = labels.map((label) => `\`${label}\``).join(', ')
      return `${metric.name} ${Object(metric).type} ${quoted}`.trim()
    })
}

/** Targets of the links and pictures of a document that are not on the web. */
function linksOf(text: string): string[] {
  const links = text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)
  return [...links]
    .map(([, link, picture]) => link ?? picture ?? '')
    .filter((link) => !/^https?:/.test(link))
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? from : join(dirname(from), file)
  if (!existsSync(path)) return false
  return anchor === undefined || anchorsOf(read(path)).includes(anchor)
}

/** As the places that show these documents make them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}
