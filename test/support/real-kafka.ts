/**
 * Real Apache Kafka clusters of one or three brokers, each a Java process that is broker and controller at once, on
 * ports and in folders that it keeps over every stop, kill and start.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { JavaProcess, javaEnvironment } from './java-process.ts'
import { type KafkaJars, kafkaJars } from './kafka-jars.ts'
import { type KafkaNode, kafkaProperties } from './kafka-properties.ts'

const run = promisify(execFile)
const stopMs = 30_000
const keystorePassword = 'changeit'

export interface KafkaUser {
  readonly username: string
  readonly password: string
}

export interface KafkaOptions {
  readonly brokers?: 1 | 3
  /** Clients log in as one of these, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly sasl?: readonly KafkaUser[]
  /** Users may do only what is granted to them, except the one called "admin". */
  readonly acls?: boolean
  /** Clients speak TLS; the certificate is for localhost and 127.0.0.1. */
  readonly tls?: boolean
  /** Further lines of server.properties, or other values for ours. */
  readonly properties?: Readonly<Record<string, string>>
}

export interface KafkaCluster extends AsyncDisposable {
  /** Where clients connect: one host:port for each broker. */
  readonly bootstrap: readonly string[]
  /** The brokers' own listener: neither TLS nor login, and everything is allowed. */
  readonly trusted: readonly string[]
  readonly brokers: readonly KafkaBroker[]
  /** PEM file of what signed the certificate; null without `tls`. */
  readonly caFile: string | null
}

/** Starts a cluster with empty folders. Resolves when every broker takes requests. */
export async function openKafkaCluster(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const jars = await kafkaJars()
  if (!existsSync(jars.archive)) await archiveClasses(jars)
  const java = [`-XX:SharedArchiveFile=${jars.archive}`, ...javaArguments(jars)]
  return await openCluster(options, java)
}

/** One broker: kill and start it as often as is wanted. */
export class KafkaBroker {
  readonly id: number
  /** host:port of the listener for clients. */
  readonly address: string
  readonly #java: readonly string[]
  readonly #folder: string
  #process: JavaProcess | null = null

  constructor(id: number, address: string, java: readonly string[], folder: string) {
    this.id = id
    this.address = address
    this.#java = java
    this.#folder = folder
  }

  get running(): boolean {
    return this.#process !== null && !this.#process.ended
  }

  /** Resolves when it takes requests, which of three brokers needs a second one that runs. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`broker ${this.id} runs already`)
    const args = [...this.#java, 'kafka.Kafka', join(this.#folder, 'server.properties')]
    this.#process = new JavaProcess(`Kafka broker ${this.id}`, args, this.#folder)
    await this.#process.printed('Kafka Server started')
  }

  /** Resolves when it has ended: by SIGKILL with what was not yet on disk lost, by SIGTERM after it has handed over. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.#process?.stop(signal, stopMs)
  }

  /** It keeps its connections and answers nothing, until `resume`. */
  suspend(): void {
    this.#process?.signal('SIGSTOP')
  }

  resume(): void {
    this.#process?.signal('SIGCONT')
  }
}

async function openCluster(
  options: KafkaOptions,
  java: readonly string[],
  brokersOnly: readonly string[] = [],
): Promise<KafkaCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'kafka-'))
  const caFile = options.tls ? join(folder, 'ca.pem') : null
  const nodes: KafkaNode[] = []
  for (let id = 1; id <= (options.brokers ?? 1); id += 1) {
    const ports = [await freePort(), await freePort(), await freePort()] as const
    nodes.push({ id, client: ports[0], inside: ports[1], controller: ports[2] })
  }
  const brokers = nodes.map(({ id, client }) => {
    const args = [...brokersOnly, ...java]
    return new KafkaBroker(id, `127.0.0.1:${client}`, args, join(folder, String(id)))
  })
  const cluster: KafkaCluster = {
    bootstrap: brokers.map(({ address }) => address),
    trusted: nodes.map(({ inside }) => `127.0.0.1:${inside}`),
    brokers,
    caFile,
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    if (caFile) await makeCertificate(folder, caFile)
    const clusterId = randomBytes(16).toString('base64url')
    await Promise.all(nodes.map((node) => format(node, nodes, options, java, folder, clusterId)))
    await Promise.all(brokers.map((broker) => broker.start()))
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
  return cluster
}

function javaArguments({ classpath }: KafkaJars): string[] {
  // Quick to start and small rather than quick in the long run: a test's broker lives for seconds.
  const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData']
  args.push('-Xms64m', '-Xmx384m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn')
  args.push('-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info')
  return [...args, '-classpath', classpath]
}

/** Once for a machine: a broker starts in half the time when Java has its classes at hand (class data sharing). */
async function archiveClasses(jars: KafkaJars): Promise<void> {
  // Beside the archive and then moved, so that two test processes may do it at the same time.
  const work = `${jars.archive}.${randomBytes(4).toString('hex')}`
  await using cluster = await openCluster({}, javaArguments(jars), [
    `-XX:ArchiveClassesAtExit=${work}`,
  ])
  await cluster.brokers[0]?.kill('SIGTERM')
  await rename(work, jars.archive)
}

/** Makes a broker's folder with its settings, and lets Kafka put the cluster's mark and the users into it. */
async function format(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  options: KafkaOptions,
  java: readonly string[],
  folder: string,
  clusterId: string,
): Promise<void> {
  const own = join(folder, String(node.id))
  await mkdir(own)
  const keystore = join(folder, 'keystore.p12')
  const files = { data: join(own, 'data'), keystore, keystorePassword }
  const properties = join(own, 'server.properties')
  await writeFile(properties, kafkaProperties(node, nodes, options, files))
  const args = [...java, 'kafka.tools.StorageTool', 'format', '-c', properties]
  args.push(`--cluster-id=${clusterId}`) // which may begin with a dash
  for (const { username, password } of options.sasl ?? []) {
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'])
      args.push('--add-scram', `${mechanism}=[name=${username},password=${password}]`)
  }
  await run('java', args, { cwd: own, env: javaEnvironment() })
}

/** A key and a certificate signed by itself, for a day. */
async function makeCertificate(folder: string, caFile: string): Promise<void> {
  const store = ['-alias', 'broker', '-keystore', join(folder, 'keystore.p12')]
  store.push('-storetype', 'PKCS12', '-storepass', keystorePassword)
  const key = ['-genkeypair', ...store, '-keyalg', 'EC', '-groupname', 'secp256r1']
  key.push('-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-validity', '1')
  await run('keytool', key)
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', caFile])
}
