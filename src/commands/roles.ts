import { AppError } from '../errors.ts'

/** The two halves of following, as processes of their own, have a Kafka between them. Throws `KAFKA_MISSING`. */
export function requireKafka(role: 'ingest' | 'persistence'): never {
  const does = role === 'ingest' ? 'reads the network into Kafka' : 'stores what Kafka holds'
  throw new AppError(
    'KAFKA_MISSING',
    `${role} ${does}, and this version does not speak to Kafka yet`,
    {
      hint: 'Use `bluesky-analytics start`: it reads and stores in one process, without Kafka. A broker for later: Apache Kafka 4, for example the container image apache/kafka.',
    },
  )
}
