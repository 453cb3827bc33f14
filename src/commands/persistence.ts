import { openDatabase } from '../pipeline/database.ts'
import { openPersistence } from '../pipeline/persistence.ts'
import { StatusBoard } from '../pipeline/status-board.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/** Stores what Kafka holds, until the signal aborts; as many of these may run as there are partitions. */
export async function persistence(flags: CommonFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  await using scope = new AsyncDisposableStack()
  const board = new StatusBoard()
  const database = scope.use(await openDatabase(config, 'share', logger))
  const { partitions, done } = await openPersistence({
    config,
    databaseUrl: database.url,
    logger,
    board,
    signal,
  })
  if (flags.json) {
    console.log(
      JSON.stringify({ topic: config.KAFKA_TOPIC, group: config.KAFKA_GROUP, partitions }),
    )
  } else {
    console.log(
      `Storing topic ${config.KAFKA_TOPIC} (${partitions} partitions) as a member of group ${config.KAFKA_GROUP}`,
    )
  }
  await done
}
