import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { live } from '../src/contract/live.ts'
import { errorCodes } from '../src/errors.ts'
import { questions } from '../src/read/registry.ts'

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
    ...read('src/cli.ts').matchAll(/^(?:const \w+ = )?command\('([\w-]+)', '([^']+)'\)/gm),
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
  const paths = [...questions.map(({ endpoint }) => endpoint), live].map(({ path }) => path)
  const text = read('docs/api.md')
  expect(paths.filter((path) => !text.includes(`\`${path}\``))).toEqual([])
})

test('every error code says in a document what to do about it', () => {
  const text = read('docs/operating.md') + read('docs/api.md')
  expect(Object.keys(errorCodes).filter((code) => !text.includes(`\`${code}\``))).toEqual([])
})

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
