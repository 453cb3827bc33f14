// Installs what is missing and builds the web app when it is stale, before `npm start`, `npm test` and the like.
// Runs under whatever Node runs npm, with nothing installed: only built-in modules, no syntax newer than Node 18.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (isOlder('node_modules/.package-lock.json', ['package-lock.json']) || !existsSync(node)) {
  console.error('Installing packages …')
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}
if (
  !process.argv.includes('--no-web') &&
  isOlder('web/dist/index.html', ['web', 'src/contract', 'package-lock.json'])
) {
  console.error('Building the dashboard …')
  run(node, [
    'node_modules/vite/bin/vite.js',
    'build',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
  ])
}

/** Whether a product is missing, or older than the newest file among its sources (files or folders). */
function isOlder(product, sources) {
  const path = join(root, product)
  if (!existsSync(path)) return true
  const made = statSync(path).mtimeMs
  return sources.some((source) => newest(join(root, source)) > made)
}

function newest(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules')
  return Math.max(0, ...names.map((name) => newest(join(path, name))))
}

function npm(args) {
  const cli = process.env.npm_execpath
  if (cli) run(process.execPath, [cli, ...args])
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  console.error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  process.exit(1)
}
