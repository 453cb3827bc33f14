// Lets `npx bluesky-analytics` find the command of this checkout: npm links the commands of dependencies, not of the root.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'node_modules/.bin')
const link = join(folder, 'bluesky-analytics')

mkdirSync(folder, { recursive: true })
if (process.platform === 'win32') {
  writeFileSync(`${link}.cmd`, '@node "%~dp0..\\..\\bin\\bluesky-analytics.js" %*\r\n')
} else {
  rmSync(link, { force: true })
  symlinkSync('../../bin/bluesky-analytics.js', link)
  chmodSync(join(root, 'bin/bluesky-analytics.js'), 0o755)
}
