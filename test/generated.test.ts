import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { insertTable, renderEnvExample } from '../scripts/settings-docs.ts'

test('.env.example and docs/operating.md list the settings as they are (npm run docs)', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample())
  const operating = readFileSync('docs/operating.md', 'utf8')
  expect(operating).toBe(insertTable(operating))
})
