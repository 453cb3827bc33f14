/** The largest message that Jetstream's client takes (32 MiB), with room for what Kafka puts around it. */
export const maxMessageBytes = 33 * 1024 * 1024
const hourMs = 3_600_000

/** One sentence for each setting of a topic that can lose events, or that stops what cannot wait, with what would be right. */
export function findRisks(
  settings: ReadonlyMap<string, string>,
  replication: number,
  brokers: number,
): string[] {
  const read = (name: string) => settings.get(name) ?? ''
  const retentionMs = Number(read('retention.ms'))
  const minimum = Number(read('min.insync.replicas'))
  const risks: (readonly [boolean, string])[] = [
    [
      read('cleanup.policy') !== 'delete',
      `cleanup.policy is ${read('cleanup.policy')}: compaction keeps one event of each account and loses the others; set it to delete`,
    ],
    [
      retentionMs >= 0 && retentionMs < hourMs,
      `retention.ms is ${retentionMs}: what is not stored within ${Math.round(retentionMs / 60_000)} minutes is lost; set at least a day`,
    ],
    [
      Number(read('retention.bytes')) >= 0,
      `retention.bytes is ${read('retention.bytes')}: in a long outage events are lost by size; set it to -1`,
    ],
    [
      read('unclean.leader.election.enable') === 'true',
      'unclean.leader.election.enable is true: a broker that lags may become leader and drop what was acknowledged; set it to false',
    ],
    [
      replication < 2 && brokers > 1,
      `each partition has one copy though there are ${brokers} brokers: losing one loses its events`,
    ],
    [
      replication > 2 && minimum < 2,
      'min.insync.replicas is 1: an acknowledged event may exist once only; set it to 2',
    ],
    [
      replication > 1 && minimum >= replication,
      `min.insync.replicas is ${minimum} of ${replication}: writing stops when any broker is down; set it to ${replication - 1}`,
    ],
    [
      Number(read('max.message.bytes')) < maxMessageBytes,
      `max.message.bytes is ${read('max.message.bytes')}: larger messages are cut and set aside; set it to ${maxMessageBytes}`,
    ],
  ]
  return risks.filter(([applies]) => applies).map(([, sentence]) => sentence)
}
