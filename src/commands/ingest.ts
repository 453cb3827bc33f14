import type { Config } from '../config.ts'
import { openIngest } from '../pipeline/ingest.ts'
import { kafkaConnection } from '../pipeline/kafka.ts'
import { openOps } from '../pipeline/operations.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Reads the network into Kafka, until the signal aborts. */
export async function ingest(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  await kafkaConnection(config) // refused before anything is opened
  const telemetry = createProcessTelemetry('ingest')
  await using ops = await openOps({ config, telemetry, databaseUrl: null, logger })
  const { position, done } = await openIngest({ config, logger, telemetry, signal })
  const behind = position && new Date(position.timeUs / 1_000).toISOString()
  if (flags.json) {
    const { KAFKA_TOPIC: topic, INGEST_NAME: name } = config
    console.log(JSON.stringify({ topic, name, behind, ops: ops.url }))
  } else {
    console.log(
      `Reading into topic ${config.KAFKA_TOPIC} as ${config.INGEST_NAME}, ${behind ? `going on behind ${behind}` : firstStart(config)}`,
    )
  }
  await done
}

function firstStart({ SOURCE, SYNTHETIC_HISTORY_HOURS: hours }: Config): string {
  return SOURCE === 'synthetic' ? `from ${hours} hours ago` : 'from now on'
}
