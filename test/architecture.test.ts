import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/**
 * What each folder of src/ may import besides itself, src/errors.ts and types of telemetry/. A `*` stands for the whole folder;
 * otherwise only the file named like the folder, a stage's public surface.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  event: [],
  db: [],
  contract: [],
  collections: ['event/*'],
  dimensions: ['event/*'],
  source: ['event/*'],
  eventlog: ['event/*'],
  store: ['event/*', 'collections/*', 'dimensions/*', 'db/*'],
  read: ['event/*', 'collections/*', 'dimensions/*', 'db/*', 'contract/*'],
  api: ['contract/*', 'read/*'],
  telemetry: [],
  pipeline: ['*'],
  commands: ['*'],
}

const imports = /(?:import|export)[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/g

test('imports in src/ point from right to left along the way of an event, never back', () => {
  const wrong = sources('src').flatMap((file) => {
    const folder = file.split('/')[1] ?? ''
    if (file === `src/${folder}`) return []
    const rule = allowed[folder]
    if (!rule) return [`${file} is in a folder that has no rule here`]
    if (rule.includes('*')) return []
    return importsOf(file)
      .filter((target) => !isAllowed(folder, target, rule))
      .map((target) => `${file} imports ${target}`)
  })
  expect(wrong).toEqual([])
})

test('the dashboard imports the contract of the API and nothing else of the program', () => {
  const wrong = sources('web').flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('src/') && !target.startsWith('src/contract/'))
      .map((target) => `${file} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('only commands read the configuration', () => {
  const readers = sources('src').filter((file) =>
    /^import (?!type\b)[^']*from '[^']*\/config\.ts'/m.test(readFileSync(file, 'utf8')),
  )
  expect(readers).not.toEqual([])
  expect(readers.filter((file) => !file.startsWith('src/commands/'))).toEqual([])
})

function isAllowed(folder: string, target: string, rule: readonly string[]): boolean {
  if (!target.startsWith('src/')) return true
  const [, to = ''] = target.split('/')
  if (to === folder || to === 'errors.ts' || to === 'telemetry') return true
  return rule.includes(`${to}/*`) || (rule.includes(to) && target === `src/${to}/${to}.ts`)
}

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(imports)]
    .map((match) => match[1] ?? match[2] ?? '')
    .map((target) => target.replace(/^#contract\//, '/src/contract/'))
    .filter((target) => target.startsWith('.') || target.startsWith('/'))
    .map((target) =>
      target.startsWith('/') ? target.slice(1) : normalize(join(dirname(file), target)),
    )
}

/** Program files below a folder; tests may look everywhere. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter(
      (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.includes('/dist/'),
    )
}
