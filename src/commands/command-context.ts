import { type Config, type Environment, readConfig, readEnvironment } from '../config.ts'
import { AppError } from '../errors.ts'
import { readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { findUnknownSettings } from './unknown-settings.ts'

/** Flags that every command takes. */
export interface CommonFlags {
  readonly env?: string
  readonly dataDir?: string
  readonly json?: boolean
}

/** Flags of commands that work on a database. */
export interface DatabaseFlags extends CommonFlags {
  readonly demo?: boolean
}

/** Flags of commands that listen. */
export interface ServerFlags extends CommonFlags {
  readonly host?: string
  readonly port?: string
}

export interface CommandContext {
  /** Aborts when the person at the terminal, or the system, wants the program to end. */
  readonly signal: AbortSignal
}

/** The variables that the flag `--demo` stands for. */
export function databaseSettings(flags: DatabaseFlags): Environment {
  return flags.demo ? { SOURCE: 'synthetic' } : {}
}

/**
 * The configuration of one run: flags over environment over .env files over standards. Names in .env files that no setting
 * has are logged. Throws `CONFIG_INVALID`.
 */
export function configOf(
  flags: ServerFlags,
  more: Environment = {},
): { config: Config; logger: Logger } {
  const config = readConfig({
    ...readEnvironment(flags.env),
    ...(flags.dataDir !== undefined && { DATA_DIR: flags.dataDir }),
    ...(flags.host !== undefined && { HOST: flags.host }),
    ...(flags.port !== undefined && { PORT: flags.port }),
    ...more,
  })
  for (const url of config.JETSTREAM_URL) requireJetstreamUrl(url)
  const logger = createLogger(config.LOG_LEVEL)
  for (const { name, file, nearest } of findUnknownSettings(flags.env)) {
    const meant = nearest === null ? '' : `; ${nearest} was meant?`
    logger.warn({ file }, `${name} is no setting${meant}`)
  }
  return { config, logger }
}

/** What an address of a host may look like is known where addresses are read. */
function requireJetstreamUrl(url: string): void {
  try {
    readJetstreamUrl(url)
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `JETSTREAM_URL: ${(cause as Error).message}`, {
      cause,
      hint: 'Hosts are separated by commas, for example wss://jetstream.us-east.bsky.network.',
    })
  }
}
