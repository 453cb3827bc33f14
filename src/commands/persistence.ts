import { openDatabase } from '../pipeline/database.ts'
import { openOps } from '../pipeline/operations.ts'
import { openPersistence } from '../pipeline/persistence.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { untilAvailable } from '../pipeline/until-available.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Stores what Kafka holds, until the signal aborts; as many of these may run as there are partitions. */
export async function persistence(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  await using scope = new AsyncDisposableStack()
  const telemetry = createProcessTelemetry('persistence')
  const database = scope.use(
    await untilAvailable(() => openDatabase(config, 'share', logger), {
      signal,
      onTrouble: ({ message, hint }, waitMs) =>
        logger.warn({ error: message, hint, waitMs }, 'the database is away; trying again'),
    }),
  )
  const databaseUrl = database.url
  const ops = scope.use(await openOps({ config, telemetry, databaseUrl, logger }))
  const { partitions, done } = await openPersistence({
    config,
    databaseUrl,
    logger,
    board: telemetry.board,
    telemetry,
    signal,
  })
  if (flags.json) {
    const { KAFKA_TOPIC: topic, KAFKA_GROUP: group } = config
    console.log(JSON.stringify({ topic, group, partitions, ops: ops.url }))
  } else {
    console.log(
      `Storing topic ${config.KAFKA_TOPIC} (${partitions} partitions) as a member of group ${config.KAFKA_GROUP}`,
    )
  }
  await done
}
