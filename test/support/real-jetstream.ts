/**
 * The real Jetstream server and its network simulator, built by Go on first use and started on free ports with a data
 * folder of their own. The server refuses to start beside unknown JETSTREAM_* variables, so neither inherits any.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { freePort } from './free-port.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const module = join(root, 'test/support/servers')
const cache = join(root, '.cache/jetstream')
const programs = ['jetstream', 'simulator'] as const
type Program = (typeof programs)[number]

const readyMs = 90_000
const stopMs = 15_000

/** Why the real server cannot be had on this machine, or null where it can. */
export function jetstreamUnavailable(): string | null {
  if (isBuilt()) return null
  const go = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (go.error) return 'Go is not installed, which builds the real Jetstream server'
  return go.status === 0 ? null : `"go version" fails: ${go.stderr.trim()}`
}

export interface RealJetstreamOptions {
  readonly accounts?: number
  readonly commitsPerSecond?: number
  /** What each account has before anything happens. */
  readonly recordsPerAccount?: number
}

/** A simulated network, and as many servers that follow it as are opened. */
export class RealNetwork implements AsyncDisposable {
  readonly url: string
  readonly #folder: string
  readonly #simulator: RunningProgram
  readonly #servers: RealJetstream[] = []

  constructor(folder: string, url: string, simulator: RunningProgram) {
    this.#folder = folder
    this.url = url
    this.#simulator = simulator
  }

  /** Another server with an empty data folder and these flags. Resolves when it accepts WebSockets. */
  async openServer(...flags: string[]): Promise<RealJetstream> {
    const folder = join(this.#folder, `server-${this.#servers.length}`)
    const server = new RealJetstream(folder, this.url, await freePort(), flags)
    this.#servers.push(server)
    await server.start()
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()))
    await this.#simulator.stop('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** One server: stop, kill and start it as often as is wanted; it keeps its port and its data. */
export class RealJetstream {
  readonly #folder: string
  readonly #network: string
  readonly #port: number
  readonly #flags: readonly string[]
  #running: RunningProgram | null = null

  constructor(folder: string, network: string, port: number, flags: readonly string[]) {
    this.#folder = folder
    this.#network = network
    this.#port = port
    this.#flags = flags
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    const args = [
      'serve',
      '--addr',
      `127.0.0.1:${this.#port}`,
      '--data-dir',
      join(this.#folder, 'data'),
    ]
    args.push('--relay-url', this.#network, '--plc-url', this.#network, '--skip-merge-discovery')
    args.push(...this.#flags)
    this.#running = new RunningProgram('jetstream', args, this.#folder)
    await this.#running.ready(() => accepts(`${this.url}/subscribe`))
  }

  /** SIGTERM: closes its connections with 1001 and writes everything down. */
  async stop(): Promise<void> {
    await this.#running?.stop('SIGTERM')
    this.#running = null
  }

  /** SIGKILL: what was not yet on disk is lost. */
  async kill(): Promise<void> {
    await this.#running?.stop('SIGKILL')
    this.#running = null
  }

  /** Deletes everything the server knows; it must not be running. */
  async wipe(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Builds the programs if they are not there yet and starts the simulator. */
export async function openRealNetwork(options: RealJetstreamOptions = {}): Promise<RealNetwork> {
  await build()
  const folder = await mkdtemp(join(tmpdir(), 'jetstream-'))
  const port = await freePort()
  const { accounts = 100, commitsPerSecond = 50, recordsPerAccount = 5 } = options
  const args = ['serve', '--addr', `:${port}`, '--data-dir', join(folder, 'network'), '--reset']
  args.push('--accounts', String(accounts))
  args.push('--initial-records-per-account', String(recordsPerAccount))
  args.push('--commits-per-sec', String(commitsPerSecond))
  const simulator = new RunningProgram('simulator', args, folder)
  // `localhost`: the server trusts plain http only if this is the very address that the simulator advertises.
  const url = `http://localhost:${port}`
  await simulator.ready(async () => {
    const path = '/xrpc/com.atproto.sync.listRepos?limit=1'
    return await fetch(url + path).then(
      (response) => response.ok,
      () => false,
    )
  })
  return new RealNetwork(folder, url, simulator)
}

class RunningProgram {
  readonly #name: Program
  readonly #log: string
  readonly #child: ChildProcess
  readonly #killWithUs: () => void

  constructor(name: Program, args: readonly string[], folder: string) {
    this.#name = name
    this.#log = join(folder, `${name}.log`)
    const log = openSync(this.#log, 'a')
    const { PATH, TMPDIR } = process.env
    const env = { PATH, HOME: folder, ...(TMPDIR ? { TMPDIR } : {}) }
    this.#child = spawn(join(cache, 'bin', name), args, {
      stdio: ['ignore', log, log],
      env,
      cwd: folder,
    })
    this.#killWithUs = () => this.#child.kill('SIGKILL')
    process.once('exit', this.#killWithUs)
  }

  /** Resolves when the condition holds. Throws with the end of the log when the program ends first or takes too long. */
  async ready(condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = Date.now() + readyMs
    while (!(await condition())) {
      if (this.#ended || Date.now() > deadlineMs) {
        const how = this.#ended ? 'ended' : `is not ready after ${readyMs / 1000} s`
        throw new Error(`${this.#name} ${how}:\n${readFileSync(this.#log, 'utf8').slice(-2_000)}`)
      }
      await sleep(50)
    }
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    process.off('exit', this.#killWithUs)
    if (this.#ended) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const late = setTimeout(() => this.#child.kill('SIGKILL'), stopMs)
    await ended
    clearTimeout(late)
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

async function accepts(url: string): Promise<boolean> {
  const ws = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 2_000 })
  return await new Promise((resolve) => {
    ws.on('open', () => resolve(true))
    ws.on('error', () => resolve(false))
  }).then((accepted) => {
    ws.terminate()
    return accepted === true
  })
}

/** Names what the programs are built from, so that another version is built again. */
function recipe(): string {
  return createHash('sha256')
    .update(readFileSync(join(module, 'go.mod')))
    .digest('hex')
}

function isBuilt(): boolean {
  const stamp = join(cache, 'bin/recipe')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== recipe()) return false
  return programs.every((program) => existsSync(join(cache, 'bin', program)))
}

/** In a folder of its own and then moved, so that two test files may build at the same time. */
async function build(): Promise<void> {
  if (isBuilt()) return
  await mkdir(join(cache, 'bin'), { recursive: true })
  const work = await mkdtemp(join(cache, 'build-'))
  try {
    // Go may complete go.mod; the copy keeps the tree clean.
    for (const file of ['go.mod', 'go.sum']) await copyFile(join(module, file), join(work, file))
    const bin = join(work, 'bin')
    const env = { ...process.env, CGO_ENABLED: '0', GOBIN: bin }
    await promisify(execFile)('go', ['install', '-mod=mod', 'tool'], { cwd: work, env })
    for (const program of programs) await rename(join(bin, program), join(cache, 'bin', program))
    await writeFile(join(work, 'recipe'), recipe())
    await rename(join(work, 'recipe'), join(cache, 'bin/recipe'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
