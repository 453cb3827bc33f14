import { AppError } from '../errors.ts'
import { kafkaChecks } from '../pipeline/kafka-suite.ts'
import { runChecks } from './check-list.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

/**
 * Tries everything that is asked of Kafka; what has to be written goes into a topic of its own that is deleted at the end, also
 * after a failure or Ctrl-C. False where something failed. Throws `KAFKA_MISSING` where none is configured.
 */
export async function kafkaTest(flags: CommonFlags, { signal }: CommandContext): Promise<boolean> {
  const { config } = configOf(flags)
  if (config.KAFKA_BROKERS.length === 0) {
    throw new AppError('KAFKA_MISSING', 'KAFKA_BROKERS is not set', {
      hint: 'Set it to the brokers of an Apache Kafka, such as localhost:9092; start needs none.',
    })
  }
  return runChecks(kafkaChecks(config, signal), { json: flags.json === true, signal })
}
