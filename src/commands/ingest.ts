import { openIngest } from '../pipeline/ingest.ts'
import { StatusBoard } from '../pipeline/status-board.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Reads the network into Kafka, until the signal aborts. */
export async function ingest(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  const board = new StatusBoard()
  const { position, done } = await openIngest({ config, logger, board, signal })
  const behind = position && new Date(position.timeUs / 1_000).toISOString()
  if (flags.json) {
    console.log(JSON.stringify({ topic: config.KAFKA_TOPIC, name: config.INGEST_NAME, behind }))
  } else {
    console.log(
      `Reading into topic ${config.KAFKA_TOPIC} as ${config.INGEST_NAME}, ${behind ? `going on behind ${behind}` : 'from now on'}`,
    )
  }
  await done
}
