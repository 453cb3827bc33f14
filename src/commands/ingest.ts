import { openIngest } from '../pipeline/ingest.ts'
import { openOps } from '../pipeline/operations.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Reads the network into Kafka, until the signal aborts. */
export async function ingest(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  const telemetry = createProcessTelemetry('ingest')
  await using ops = await openOps({ config, telemetry, databaseUrl: null, logger })
  const { board } = telemetry
  const { position, done } = await openIngest({ config, logger, board, telemetry, signal })
  const behind = position && new Date(position.timeUs / 1_000).toISOString()
  if (flags.json) {
    const { KAFKA_TOPIC: topic, INGEST_NAME: name } = config
    console.log(JSON.stringify({ topic, name, behind, ops: ops.url }))
  } else {
    console.log(
      `Reading into topic ${config.KAFKA_TOPIC} as ${config.INGEST_NAME}, ${behind ? `going on behind ${behind}` : 'from now on'}`,
    )
  }
  await done
}
