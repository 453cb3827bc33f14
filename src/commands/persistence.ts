import { kafkaConnection } from '../pipeline/kafka.ts'
import { openPersistence } from '../pipeline/persistence.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { openWorkplace } from '../pipeline/workplace.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Stores what Kafka holds, until the signal aborts; as many of these may run as there are partitions. */
export async function persistence(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  await kafkaConnection(config) // refused before anything is opened
  const telemetry = createProcessTelemetry('persistence')
  await using place = await openWorkplace({ config, telemetry, logger, signal })
  const { partitions, done } = await openPersistence({
    config,
    databaseUrl: place.databaseUrl,
    logger,
    telemetry,
    signal,
  })
  if (flags.json) {
    const { KAFKA_TOPIC: topic, KAFKA_GROUP: group } = config
    console.log(JSON.stringify({ topic, group, partitions, ops: place.opsUrl }))
  } else {
    console.log(
      `Storing topic ${config.KAFKA_TOPIC} (${partitions} partitions) as a member of group ${config.KAFKA_GROUP}`,
    )
  }
  await done
}
