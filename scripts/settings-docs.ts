import { readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../src/config.ts'

const marks = { start: '<!-- settings: made by npm run docs -->', end: '<!-- /settings -->' }

/** `.env.example`: every setting with its description and standard. */
export function renderEnvExample(): string {
  const entries = Object.entries(settings).map(
    ([name, { description, standard }]) => `# ${description}\n${name}=${standard}\n`,
  )
  return `# Every setting there is, with its standard value. Copy to .env and change what you need.\n\n${entries.join('\n')}`
}

/** The table of settings in docs/operating.md. */
export function renderSettingsTable(): string {
  const rows = Object.entries(settings).map(
    ([name, { description, standard }]) =>
      `| \`${name}\` | ${standard === '' ? '' : `\`${standard.replaceAll(',', ', ')}\``} | ${description} |`,
  )
  return ['| setting | standard | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}

/** A document with the table between its marks replaced. */
export function insertTable(document: string): string {
  const [before] = document.split(marks.start)
  const [, after] = document.split(marks.end)
  return `${before}${marks.start}\n${renderSettingsTable()}\n${marks.end}${after}`
}

if (import.meta.main) {
  writeFileSync('.env.example', renderEnvExample())
  writeFileSync('docs/operating.md', insertTable(readFileSync('docs/operating.md', 'utf8')))
}
