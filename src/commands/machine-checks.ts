import type { StatsFs } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { Check, Finding } from '../pipeline/check.ts'
import { leastFreeBytes } from '../pipeline/disk-space.ts'
import { formatBytes, formatSpan } from '../pipeline/numbers.ts'
import { readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import { readVersion } from '../telemetry/version.ts'
import { findUnknownSettings } from './unknown-settings.ts'

const fairFreeBytes = 15 * 1024 ** 3
const leastMemoryBytes = 1024 ** 3
const skewLimitMs = 2_000
const fetchMs = 5_000

/** The checks of `doctor` on the machine and the settings. */
export function* machineChecks(
  config: Config,
  envName: string | undefined,
  signal: AbortSignal,
): Generator<Check> {
  yield { name: 'version', run: checkVersions }
  yield { name: 'settings', run: async () => checkSettings(envName) }
  yield { name: 'memory', run: checkMemory }
  yield {
    name: 'disk',
    run: () => checkDisk(config.DATA_DIR, config.DATABASE_URL === ''),
  }
  if (config.LEDGER_FILE !== '') {
    yield { name: 'ledger file', run: () => checkLedgerFile(config.LEDGER_FILE) }
  }
  yield { name: 'port', run: () => checkPort(config.HOST, config.PORT, '--port') }
  if (config.OPS_PORT !== 0) {
    yield { name: 'ops port', run: () => checkPort(config.HOST, config.OPS_PORT, 'OPS_PORT') }
  }
  if (config.SOURCE === 'jetstream') {
    yield { name: 'clock', run: () => checkClock(config.JETSTREAM_URL, signal) }
  }
}

async function checkVersions(): Promise<Finding> {
  const { node } = process.versions
  const [major = 0] = node.split('.').map(Number)
  const system = `${process.platform} on ${process.arch}`
  if (major >= 24) return `Bluesky Analytics ${readVersion()}, Node ${node}, ${system}`
  throw new AppError('INTERNAL', `Node ${node} is too old`, {
    hint: 'Version 24 or newer is needed; npm start brings its own.',
  })
}

function checkSettings(envName: string | undefined): Finding {
  const unknown = findUnknownSettings(envName)
  if (unknown.length === 0) return 'every name in .env files is known'
  return {
    found: `${unknown.length} ${unknown.length === 1 ? 'name' : 'names'} in .env files no setting has`,
    advice: unknown.map(({ name, file, nearest }) =>
      nearest === null
        ? `${file}: ${name} is no setting of this program; .env.example lists them all.`
        : `${file}: ${name} is no setting; ${nearest} was meant?`,
    ),
  }
}

async function checkMemory(): Promise<Finding> {
  const limit = process.constrainedMemory()
  const total = limit > 0 && limit < totalmem() ? limit : totalmem()
  const free = Math.min(total, process.availableMemory() || freemem())
  const found = `${formatBytes(total)}, ${formatBytes(free)} of it free, for ${availableParallelism()} processors`
  if (total >= leastMemoryBytes) return found
  return {
    found,
    advice: ['Reading, storing and the embedded database together want about 1 GiB.'],
  }
}

async function checkDisk(dataDir: string, embedded: boolean): Promise<Finding> {
  const folder = resolve(dataDir)
  const { bavail, bsize } = await statfsOf(folder)
  const free = bavail * bsize
  const found = `${formatBytes(free)} free for ${folder}`
  const another =
    'A day of the whole network takes about 15 GiB. Choose another folder with --data-dir.'
  if (!embedded || free >= fairFreeBytes) return found
  if (free >= leastFreeBytes) return { found, advice: [another] }
  throw new AppError('DATABASE_UNFIT', `only ${found}`, { hint: another })
}

/** Of the folder, or where it is not made yet, of the nearest one above it. */
async function statfsOf(folder: string): Promise<StatsFs> {
  return statfs(folder).catch((cause: unknown) => {
    if (folder === dirname(folder)) throw cause
    return statfsOf(dirname(folder))
  })
}

/** Without it deletions come back with a restored backup, which nobody would notice before. */
async function checkLedgerFile(file: string): Promise<Finding> {
  const path = resolve(file)
  try {
    await access(path, constants.W_OK).catch((cause: unknown) => {
      if (Object(cause).code !== 'ENOENT') throw cause
      return access(dirname(path), constants.W_OK)
    })
    return `${path} can be written`
  } catch (cause) {
    throw new AppError('FILE_UNREADABLE', `cannot write ${path}: ${(cause as Error).message}`, {
      cause,
      hint: 'LEDGER_FILE names a file in a folder that is there, and that this account may write to.',
    })
  }
}

async function checkPort(host: string, port: number, setting: string): Promise<Finding> {
  const server = createServer()
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, listening)
  try {
    await promise
    return port === 0 ? `a free one on ${host}` : `${host}:${port} is free`
  } catch (cause) {
    const message = `cannot listen on ${host}:${port}: ${(cause as Error).message}`
    throw new AppError('PORT_IN_USE', message, {
      cause,
      hint: `Something listens there already, perhaps Bluesky Analytics itself. Choose another with ${setting}.`,
    })
  } finally {
    server.close()
  }
}

/** The own clock beside that of the first host that says what time it is; its answer is exact to a second. */
async function checkClock(urls: readonly string[], signal: AbortSignal): Promise<Finding> {
  for (const url of urls) {
    const address = readJetstreamUrl(url).base.replace(/^ws/, 'http')
    const sentMs = Date.now()
    const date = await fetch(address, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]),
    }).then(
      (response) => response.headers.get('date'),
      () => null,
    )
    if (date === null) continue
    const receivedMs = Date.now()
    const saidMs = Date.parse(date)
    // It was said between sending and receiving, and was cut to a whole second.
    const aheadMs = Math.max(0, sentMs - (saidMs + 1_000))
    const behindMs = Math.max(0, saidMs - receivedMs)
    const off = Math.max(aheadMs, behindMs)
    if (off <= skewLimitMs) return `within ${formatSpan(skewLimitMs)} of ${new URL(address).host}`
    return {
      found: `${formatSpan(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} ${new URL(address).host}`,
      advice: ['Let the system keep its clock by NTP: lags and "now" would be wrong by as much.'],
    }
  }
  return { found: 'no host says what time it is', advice: ['Check the network, then the clock.'] }
}
