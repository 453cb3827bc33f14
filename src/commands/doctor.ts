import type { Config } from '../config.ts'
import type { Check } from '../pipeline/check.ts'
import { hasDatabase, lookAtDatabase } from '../pipeline/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import { runChecks } from './check-list.ts'
import {
  type CommandContext,
  configOf,
  databaseSettings,
  type ServerFlags,
} from './command-context.ts'
import { databaseChecks } from './db-test.ts'
import { sourceChecks } from './jetstream-test.ts'
import { machineChecks } from './machine-checks.ts'

export interface DoctorFlags extends ServerFlags {
  readonly demo?: boolean
}

const probeSeconds = 5

/** Tries everything that a start needs, and says what to do about what is missing. False where something failed. */
export async function doctor(flags: DoctorFlags, { signal }: CommandContext): Promise<boolean> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  return runChecks(allChecks(config, flags, logger, signal), { json: flags.json === true, signal })
}

async function* allChecks(
  config: Config,
  flags: DoctorFlags,
  logger: Logger,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  yield* machineChecks(config, flags.env, signal)
  if (await hasDatabase(config)) yield* databaseChecks(() => lookAtDatabase(config, logger))
  else yield { name: 'database', run: async () => 'none yet: the first start makes one' }
  if (config.KAFKA_BROKERS.length > 0) {
    const { kafkaChecks } = await import('../pipeline/kafka-suite.ts')
    yield* kafkaChecks(config, signal)
  }
  yield* sourceChecks(config, probeSeconds, signal)
}
