import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { AppError } from '../errors.ts'
import { probeSource } from '../pipeline/probe-source.ts'
import { type Check, runChecks } from './check-list.ts'
import { type CommandContext, configOf, type ServerFlags } from './command-context.ts'
import { databaseChecks, openInUse } from './database.ts'

export interface DoctorFlags extends ServerFlags {
  readonly demo?: boolean
}

const probeSeconds = 5
const leastFreeBytes = 2 * 1024 ** 3

/** Tries everything that a start needs, and says what to do about what is missing. */
export async function doctor(flags: DoctorFlags, { signal }: CommandContext): Promise<boolean> {
  const { config, logger } = configOf(flags, flags.demo ? { SOURCE: 'synthetic' } : {})
  const checks: Check[] = [
    { name: 'Node.js', run: checkNode },
    { name: 'disk', run: () => checkDisk(config.DATA_DIR) },
    { name: 'port', run: () => checkPort(config.HOST, config.PORT) },
    ...databaseChecks(() => openInUse(flags)),
    {
      name: 'source',
      async run() {
        const probe = await probeSource(config, probeSeconds, {
          signal,
          logger: logger.child({}, { level: 'silent' }),
        })
        if (probe.ok) return `${probe.events} events from ${probe.host} in ${probeSeconds} s`
        throw new AppError('SOURCE_UNREACHABLE', probe.detail, {
          hint: 'Check the network and JETSTREAM_URL. Without a network: npm start -- --demo.',
        })
      },
    },
  ]
  return runChecks(checks, flags.json === true)
}

async function checkNode(): Promise<string> {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major >= 24) return process.versions.node
  throw new AppError('INTERNAL', `version ${process.versions.node} is too old`, {
    hint: 'Version 24 or newer is needed; npm start brings its own.',
  })
}

async function checkDisk(dataDir: string): Promise<string> {
  const { bavail, bsize } = await statfsOf(resolve(dataDir))
  const free = bavail * bsize
  const gigabytes = (free / 1024 ** 3).toFixed(1)
  if (free >= leastFreeBytes) return `${gigabytes} GiB free for ${resolve(dataDir)}`
  throw new AppError('DATABASE_UNFIT', `only ${gigabytes} GiB free for ${resolve(dataDir)}`, {
    hint: 'A day of the whole network takes about 15 GiB. Choose another folder with --data-dir.',
  })
}

/** Of the folder, or where it is not made yet, of the nearest one above it. */
async function statfsOf(folder: string): Promise<StatsFs> {
  return statfs(folder).catch((cause: unknown) => {
    if (folder === dirname(folder)) throw cause
    return statfsOf(dirname(folder))
  })
}

async function checkPort(host: string, port: number): Promise<string> {
  const server = createServer()
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, listening)
  try {
    await promise
    return `${host}:${port} is free`
  } catch (cause) {
    throw new AppError(
      'PORT_IN_USE',
      `cannot listen on ${host}:${port}: ${(cause as Error).message}`,
      {
        cause,
        hint: 'Something listens there already, perhaps Bluesky Analytics itself. Choose another with --port.',
      },
    )
  } finally {
    server.close()
  }
}
