import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { AppError } from './errors.ts'

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const flag = z.stringbool({
  truthy: ['true', '1', 'yes', 'on'],
  falsy: ['false', '0', 'no', 'off', ''],
})

const isAddress = (text: string) => {
  const port = Number(/^[^\s:/]+:(\d{1,5})$/.exec(text)?.[1])
  return port >= 1 && port <= 65_535
}

const number = (min: number, max: number) => z.coerce.number().min(min).max(max)
const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

/** A number of days, 0 for no end. */
const days = (least: number) =>
  integer(0, 36_500).refine((n) => n === 0 || n >= least, `0, or at least ${least}`)

const byteUnits = ['', 'K', 'M', 'G', 'T']

/** Bytes of `200GB`, `1.5TiB` or a bare number; `auto` stays. */
const size = z
  .string()
  .regex(/^(auto|\d+(\.\d+)? ?([KMGT]i?)?B?)$/i, 'auto, 0, or a size such as 200GB or 1.5TiB')
  .transform((text) => {
    if (/^auto$/i.test(text)) return 'auto' as const
    const unit = /[KMGT]/i.exec(text)?.[0].toUpperCase() ?? ''
    return Math.round(
      Number.parseFloat(text) * (/i/i.test(text) ? 1_024 : 1_000) ** byteUnits.indexOf(unit),
    )
  })
  // Less is a forgotten unit, and would throw everything away.
  .refine((bytes) => bytes === 'auto' || bytes === 0 || bytes >= 1e8, '0, or at least 100MB')
  .refine((bytes) => bytes === 'auto' || Number.isSafeInteger(bytes), 'too large')

interface Setting<T extends z.ZodType = z.ZodType> {
  /** Type, bounds and conversion from the text of a variable. */
  readonly type: T
  /** As it would stand in an .env file; the empty text stands for nothing. */
  readonly standard: string
  readonly description: string
  readonly secret?: boolean
}

function setting<T extends z.ZodType>(definition: Setting<T>): Setting<T> {
  return definition
}

/** Every setting there is. `.env.example` and the table in docs/operating.md are made from this list. */
export const settings = {
  DATABASE_URL: setting({
    type: z.union([z.literal(''), z.url({ protocol: /^postgres(ql)?$/ })]),
    standard: '',
    description:
      'PostgreSQL 18 to use, postgresql://user:password@host:port/database. Empty: an embedded one under DATA_DIR.',
    secret: true,
  }),
  DATA_DIR: setting({
    type: z.string().min(1),
    standard: 'data',
    description: 'Folder of the embedded database. The demo uses the folder demo in it.',
  }),
  HOST: setting({
    type: z.string().min(1),
    standard: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 lets other machines in.',
  }),
  PORT: setting({
    type: integer(0, 65_535),
    standard: '3000',
    description: 'Port to listen on; 0 picks a free one.',
  }),
  ALLOWED_HOSTS: setting({
    type: list,
    standard: '',
    description:
      'Host names, separated by commas, that browsers may use beside localhost; only checked when listening on loopback.',
  }),
  RATE_LIMIT: setting({
    type: integer(0, 1_000_000),
    standard: '0',
    description: 'Most requests a minute from one address; 0 for no limit.',
  }),
  TRUST_PROXY: setting({
    type: flag,
    standard: 'false',
    description:
      'Believe the client addresses that a reverse proxy names in X-Forwarded-For; only where there is one in front.',
  }),
  STATEMENT_TIMEOUT_MS: setting({
    type: integer(100, 600_000),
    standard: '5000',
    description: 'Longest a question may keep the database busy, ms.',
  }),
  LOG_LEVEL: setting({
    type: z.enum(['silent', 'error', 'warn', 'info', 'debug']),
    standard: 'info',
    description: 'silent, error, warn, info or debug. Logs go to stderr.',
  }),
  SOURCE: setting({
    type: z.enum(['jetstream', 'synthetic']),
    standard: 'jetstream',
    description:
      'Where events come from: jetstream (the network) or synthetic (the demo, invented).',
  }),
  JETSTREAM_URL: setting({
    type: list.refine((urls) => urls.length > 0, 'name at least one host'),
    standard: [
      'wss://jetstream.us-east.bsky.network',
      'wss://jetstream.us-west.bsky.network',
      'wss://jetstream2.us-east.bsky.network/subscribe',
      'wss://jetstream1.us-west.bsky.network/subscribe',
    ].join(','),
    description:
      'Jetstream hosts, separated by commas, tried in order: wss://, ws://, https://, http:// or a bare host[:port].',
  }),
  JETSTREAM_WIRE: setting({
    type: z.enum(['auto', 'v1', 'v2']),
    standard: 'auto',
    description:
      'Protocol: v1 (/subscribe), v2 (subscribeEvents) or auto (v2 where the host has it).',
  }),
  JETSTREAM_COLLECTIONS: setting({
    type: list,
    standard: '',
    description:
      'Collections to follow, separated by commas, such as app.bsky.feed.post or app.bsky.graph.*. Empty: all.',
  }),
  JETSTREAM_DIDS: setting({
    type: list,
    standard: '',
    description: 'Accounts to follow, DIDs separated by commas. Empty: all.',
  }),
  JETSTREAM_COMPRESS: setting({
    type: flag,
    standard: 'false',
    description: 'Ask for zstd: halves the traffic, doubles the work per event.',
  }),
  JETSTREAM_API_KEY: setting({
    type: z.string(),
    standard: '',
    description:
      'Key for the archive of a Jetstream host, where it asks for one; backfill and gaps heal read it.',
    secret: true,
  }),
  SYNTHETIC_SEED: setting({
    type: integer(0, 2 ** 31 - 1),
    standard: '1',
    description: 'Seed of the synthetic network; the same seed gives the same events.',
  }),
  SYNTHETIC_RATE: setting({
    type: number(0.1, 100_000),
    standard: '5',
    description: 'Mean events per second of the synthetic network.',
  }),
  SYNTHETIC_HISTORY_HOURS: setting({
    type: number(0, 24 * 30),
    standard: '24',
    description: 'How far back the synthetic network begins at its first start, hours.',
  }),
  KAFKA_BROKERS: setting({
    type: list.refine(
      (brokers) => brokers.every(isAddress),
      'each broker is host:port, with a port from 1 to 65535',
    ),
    standard: '',
    description: 'Kafka to put between reading and storing, host:port separated by commas.',
  }),
  KAFKA_TOPIC: setting({
    type: z.string().regex(/^[\w.-]{1,200}$/, 'letters, digits, dots, dashes and underscores'),
    standard: 'bluesky.jetstream',
    description: 'Topic of the events; <topic>.positions keeps how far each ingest has read.',
  }),
  KAFKA_PARTITIONS: setting({
    type: integer(1, 1_000),
    standard: '6',
    description: 'Partitions the topic is made with: the most workers that can share the work.',
  }),
  KAFKA_REPLICATION: setting({
    type: integer(0, 9),
    standard: '0',
    description:
      'Copies of each partition the topic is made with; 0 for as many as there are brokers, at most 3.',
  }),
  KAFKA_RETENTION_HOURS: setting({
    type: integer(1, 24 * 365),
    standard: '72',
    description: 'How long the topic is made to keep events, hours: the longest outage to survive.',
  }),
  KAFKA_COMPRESSION: setting({
    type: z.enum(['zstd', 'lz4', 'snappy', 'gzip', 'none']),
    standard: 'zstd',
    description: 'Compression of what is sent to Kafka: zstd, lz4, snappy, gzip or none.',
  }),
  KAFKA_GROUP: setting({
    type: z.string().regex(/^[\w.-]{1,200}$/, 'letters, digits, dots, dashes and underscores'),
    standard: 'bluesky-analytics',
    description: 'Consumer group of the workers that store into one database.',
  }),
  KAFKA_SSL: setting({
    type: flag,
    standard: 'false',
    description: 'Speak TLS with the brokers.',
  }),
  KAFKA_SSL_CA: setting({
    type: z.string(),
    standard: '',
    description:
      'File with the certificate (PEM) that signed those of the brokers, if it is not a public one.',
  }),
  KAFKA_SASL_MECHANISM: setting({
    type: z.enum(['', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    standard: '',
    description: 'How to log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, or empty for not at all.',
  }),
  KAFKA_SASL_USERNAME: setting({
    type: z.string(),
    standard: '',
    description: 'Name to log in to Kafka with.',
  }),
  KAFKA_SASL_PASSWORD: setting({
    type: z.string(),
    standard: '',
    description: 'Password to log in to Kafka with.',
    secret: true,
  }),
  INGEST_NAME: setting({
    type: z.string().regex(/^[\w.-]{1,100}$/, 'letters, digits, dots, dashes and underscores'),
    standard: 'ingest',
    description:
      'Name under which an ingest keeps its reading position in Kafka; two that run at once need two names.',
  }),
  OPS_PORT: setting({
    type: integer(0, 65_535),
    standard: '0',
    description:
      'Port of /metrics, /livez, /readyz and /health in ingest, persistence and maintain; 0 picks a free one. start and serve have them on PORT.',
  }),
  EVENTLOG_MAX_BYTES: setting({
    type: integer(1_048_576, 2 ** 31 - 1),
    standard: '25165824',
    description: 'Bound on what is received and not stored yet, bytes.',
  }),
  BATCH_MAX_EVENTS: setting({
    type: integer(1, 50_000),
    standard: '10000',
    description: 'Most events stored in one transaction.',
  }),
  BATCH_MAX_MS: setting({
    type: integer(10, 60_000),
    standard: '500',
    description: 'Longest an event waits for others before it is stored, ms.',
  }),
  RETENTION_POSTS_DAYS: setting({
    type: days(1),
    standard: '0',
    description: 'How long posts are kept, days; 0 for as long as there is room.',
  }),
  RETENTION_RECORDS_DAYS: setting({
    type: days(1),
    standard: '0',
    description:
      'How long all other records (likes, reposts, follows, …) are kept, days; 0 for as long as there is room.',
  }),
  RETENTION_MINUTES_DAYS: setting({
    type: days(2),
    standard: '35',
    description:
      'How long counts by minute are kept, days; 0 for as long as there is room. Those by day stay for ever.',
  }),
  RETENTION_HOURS_DAYS: setting({
    type: days(62),
    standard: '400',
    description: 'How long counts by hour are kept, days, in whole months; 0 for ever.',
  }),
  RETENTION_AUTHORS_DAYS: setting({
    type: days(2),
    standard: '90',
    description:
      'How long it is kept which accounts are behind a count, days; by day at least 62. 0 for as long as there is room.',
  }),
  LEDGER_FILE: setting({
    type: z.string(),
    standard: '',
    description:
      'File to which maintenance adds which accounts were deleted or hidden, so that a restored backup can learn of it; best on another disk. Empty: none.',
  }),
  STORAGE_MAX: setting({
    type: size,
    standard: 'auto',
    description:
      'Most that the database may take, such as 200GB or 1.5TiB; the oldest rows go to stay below it. auto: 85 % of the volume of an embedded database, no limit for DATABASE_URL. 0: no limit.',
  }),
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings
export type Config = {
  readonly [Name in SettingName]: z.output<(typeof settings)[Name]['type']>
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The whole configuration from a set of variables. Unset and empty variables take the standard. Throws `AppError`
 * `CONFIG_INVALID` that names every variable that is wrong, and what would be right.
 */
export function readConfig(environment: Environment): Config {
  const mistakes: string[] = []
  const config: Record<string, unknown> = {}
  for (const [name, { type, standard, description, secret }] of Object.entries<Setting>(settings)) {
    const given = environment[name]
    const text = given === undefined || given === '' ? standard : given
    const result = type.safeParse(text)
    if (result.success) {
      config[name] = result.data
      continue
    }
    const problem = result.error.issues[0]?.message ?? 'not valid'
    mistakes.push(`${name}=${secret ? '…' : JSON.stringify(text)}: ${problem}. ${description}`)
  }
  if (mistakes.length > 0) {
    throw new AppError('CONFIG_INVALID', mistakes.join('\n'), {
      hint: 'Settings come from the environment, flags and .env files; .env.example lists them all.',
    })
  }
  return Object.freeze(config) as Config
}

/**
 * The process's variables over those of `.env` and, where a name is given, of `.env.<name>` (which goes before `.env`).
 * Throws `AppError` `CONFIG_INVALID` when the named file is missing, or one cannot be read.
 */
export function readEnvironment(name?: string): Environment {
  const common = readEnvFile('.env') ?? {}
  if (name === undefined) return { ...common, ...process.env }
  const named = readEnvFile(`.env.${name}`)
  if (!named) {
    throw new AppError('CONFIG_INVALID', `there is no file .env.${name} in ${process.cwd()}`, {
      hint: '--env development reads .env.development, --env production reads .env.production.',
    })
  }
  return { ...common, ...named, ...process.env }
}

function readEnvFile(path: string): Record<string, string | undefined> | null {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if (Object(cause).code === 'ENOENT') return null
    throw new AppError('CONFIG_INVALID', `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
      hint: 'Make it readable, or remove it.',
    })
  }
}
