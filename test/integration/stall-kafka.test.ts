import { pino } from 'pino'
import { expect, inject, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openPersistence } from '../../src/pipeline/persistence.ts'
import { createProcessTelemetry } from '../../src/pipeline/process-telemetry.ts'
import { openTestDatabase } from '../support/database.ts'
import { eventLine } from '../support/fake-jetstream.ts'
import { Fleet } from '../support/fleet.ts'
import { readLedger } from '../support/following.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'

const patience = { timeout: 60_000, interval: 50 }
const partitions = 2
let sent = 0

/** Events of now, as a host sends them. */
function eventsOfNow(count: number) {
  return Array.from({ length: count }, () => {
    const timeUs = Date.now() * 1_000 + sent++
    const position = {
      host: 'wss://host.example',
      wire: 'v1' as const,
      seq: sent,
      timeUs,
      epoch: 0,
    }
    const bytes = Buffer.from(eventLine(1_000_000 + sent, timeUs))
    return { bytes, position, receivedUs: timeUs }
  })
}

test('through Kafka, that nothing comes any more is a gap until something does', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(brokers, { partitions })
  await using database = await openTestDatabase(inject('databaseUrl'))
  const fleet = new Fleet({ brokers, databaseUrl: database.url, topic: topic.name, partitions })
  await fleet.append(eventsOfNow(50))
  const stop = new AbortController()
  const persistence = await openPersistence({
    config: readConfig(fleet.settings),
    databaseUrl: database.url,
    logger: pino({ level: 'silent' }),
    telemetry: createProcessTelemetry('persistence'),
    stallTimings: { stallMs: 1_000, lookMs: 50 },
    signal: stop.signal,
  })
  onTestFinished(async () => {
    stop.abort()
    await persistence.done
  })
  await expect
    .poll(() => readLedger(database.url), patience)
    .toMatchObject([{ source: `kafka:${topic.name}`, reason: 'stalled', toUs: null }])
  await expect
    .poll(async () => {
      await fleet.append(eventsOfNow(5))
      return (await readLedger(database.url))[0]
    }, patience)
    .toMatchObject({ closed: true, closedBy: `kafka:${topic.name}` })
})
