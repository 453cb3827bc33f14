// Installs what is missing and builds the web app when it is stale, before `npm start`, `npm test` and the like.
// Runs under whatever Node runs npm, with nothing installed: only built-in modules, no syntax newer than Node 18.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (process.env.npm_lifecycle_event === 'prestart' && process.env.npm_config_demo) {
  console.error('npm kept --demo for itself. Write: npm start -- --demo')
  process.exit(2)
}
if (isOlder('node_modules/.package-lock.json', ['package-lock.json']) || !existsSync(node)) {
  console.error('Installing packages …')
  npm(['ci'], installsAll() ? process.execPath : bringNode())
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

/** npm leaves out optional packages whose `engines` do not name the Node that runs it; some of ours name these. */
function installsAll() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
}

/** Installs the Node of the lock file by itself, for an older one to run npm with. */
function bringNode() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const folder = join(root, '.cache/node')
  const { version } = packages['node_modules/node']
  npm(['install', '--prefix', folder, '--no-save', `node@${version}`], process.execPath)
  return join(folder, 'node_modules/node/bin', basename(node))
}

/** Runs npm under some Node. */
function npm(args, program) {
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error']
  const cli = process.env.npm_execpath
  if (cli) return run(program, [cli, ...all])
  process.env.PATH = dirname(program) + delimiter + process.env.PATH
  run('npm', all, process.platform === 'win32') // there it is a script, which Node only starts through a shell
}

function run(program, args, shell = false) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], shell })
  if (status === 0) return
  console.error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  process.exit(1)
}
