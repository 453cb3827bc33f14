/** What a test's Kafka broker is told in its server.properties. */
import type { KafkaOptions } from './real-kafka.ts'

/** A broker's number and its ports: for clients, for the other brokers, and for the quorum. */
export interface KafkaNode {
  readonly id: number
  readonly client: number
  readonly inside: number
  readonly controller: number
}

export interface KafkaFiles {
  readonly data: string
  readonly keystore: string
  readonly keystorePassword: string
}

/** The text of server.properties. */
export function kafkaProperties(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  options: KafkaOptions,
  files: KafkaFiles,
): string {
  const all = { ...basics(node, nodes, options), 'log.dirs': files.data }
  if (options.sasl) Object.assign(all, sasl(options.sasl))
  if (options.acls) Object.assign(all, acls)
  if (options.tls) {
    Object.assign(all, {
      'listener.name.client.ssl.keystore.type': 'PKCS12',
      'listener.name.client.ssl.keystore.location': files.keystore,
      'listener.name.client.ssl.keystore.password': files.keystorePassword,
    })
  }
  Object.assign(all, options.properties)
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function basics(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  options: KafkaOptions,
): Record<string, string> {
  const clients = `CLIENT://127.0.0.1:${node.client},INSIDE://127.0.0.1:${node.inside}`
  const voters = nodes.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`)
  const protocol = `${options.sasl ? 'SASL_' : ''}${options.tls ? 'SSL' : 'PLAINTEXT'}`
  const replicas = String(nodes.length)
  const inSync = String(Math.min(nodes.length, 2))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': voters.join(','),
    listeners: `${clients},CONTROLLER://127.0.0.1:${node.controller}`,
    'advertised.listeners': clients,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INSIDE',
    'listener.security.protocol.map': `CLIENT:${protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker is let in again, and another leads in its place, only when its session is over (9 s by default).
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': nodes.length === 1 ? '2000' : '4000',
    // A third of the heap by default.
    'log.cleaner.dedupe.buffer.size': '8388608',
    'num.network.threads': '2',
    'num.io.threads': '4',
  }
}

function sasl(users: NonNullable<KafkaOptions['sasl']>): Record<string, string> {
  const modules = 'org.apache.kafka.common.security'
  const plain = users.map(({ username, password }) => `user_${username}="${password}"`).join(' ')
  const scram = `${modules}.scram.ScramLoginModule required;`
  return {
    'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.client.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required ${plain};`,
    'listener.name.client.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.client.scram-sha-512.sasl.jaas.config': scram,
  }
}

const acls: Record<string, string> = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  // ANONYMOUS are the brokers themselves, whose listener asks for no login.
  'super.users': 'User:ANONYMOUS;User:admin',
}
