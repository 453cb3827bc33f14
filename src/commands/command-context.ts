import { type Config, type Environment, readConfig, readEnvironment } from '../config.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'

/** Flags that every command takes. */
export interface CommonFlags {
  readonly env?: string
  readonly dataDir?: string
  readonly json?: boolean
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

/** The configuration of one run: flags over environment over .env files over standards. Throws `CONFIG_INVALID`. */
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
  return { config, logger: createLogger(config.LOG_LEVEL) }
}
