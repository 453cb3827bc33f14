import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { Check, Finding } from '../pipeline/check.ts'
import { formatBytes, formatCount, formatSpan } from '../pipeline/numbers.ts'
import { probeSource } from '../pipeline/probe-source.ts'
import type { SourceProbe } from '../read/read.ts'
import { dictionaryUrl, readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import { createLogger } from '../telemetry/logger.ts'
import { runChecks } from './check-list.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

export interface JetstreamTestFlags extends CommonFlags {
  readonly seconds: string
}

const connectMs = 5_000
const lateMs = 60_000
const shownKinds = 5

/** Tries each Jetstream host: name, connection, encryption, and what events come. False where one fails. */
export async function jetstreamTest(
  flags: JetstreamTestFlags,
  { signal }: CommandContext,
): Promise<boolean> {
  const seconds = Number(flags.seconds)
  if (!(seconds >= 1 && seconds <= 60)) {
    throw new AppError('USAGE_INVALID', `--seconds ${flags.seconds} is no time to listen`, {
      hint: 'Use a number from 1 to 60.',
    })
  }
  const { config } = configOf(flags, { SOURCE: 'jetstream' })
  return runChecks(
    config.JETSTREAM_URL.flatMap((url) => hostChecks(config, url, seconds, signal)),
    { json: flags.json === true, signal },
  )
}

/** The checks of `doctor` on the source: one host that works is enough to read from. */
export function sourceChecks(config: Config, seconds: number, signal: AbortSignal): Check[] {
  return [
    {
      name: 'source',
      async run() {
        const hint =
          'Check the network and JETSTREAM_URL; jetstream-test tries each host. Without a network: npm start -- --demo.'
        return describe(await listen(config, seconds, signal, hint), config)
      },
    },
  ]
}

function hostChecks(config: Config, url: string, seconds: number, signal: AbortSignal): Check[] {
  const host = readJetstreamUrl(url)
  const address = new URL(host.base)
  const encrypted = address.protocol === 'wss:'
  const port = Number(address.port || (encrypted ? 443 : 80))
  const name = (what: string) => `${address.host} ${what}`
  const only = { ...config, JETSTREAM_URL: [url], SOURCE: 'jetstream' as const }
  let heard: SourceProbe | null = null
  return [
    { name: name('name'), run: () => resolveName(address.hostname) },
    {
      name: name(encrypted ? 'TLS' : 'TCP'),
      requires: name('name'),
      run: () => connect(bare(address.hostname), port, encrypted, signal),
    },
    {
      name: name('events'),
      requires: name(encrypted ? 'TLS' : 'TCP'),
      async run() {
        heard = await listen(
          only,
          seconds,
          signal,
          'The host answers, but not as a Jetstream host does: check path and JETSTREAM_WIRE, or leave it out of JETSTREAM_URL.',
        )
        return describe(heard, only)
      },
    },
    {
      name: name('compression'),
      requires: name('events'),
      run: () => describeCompression(host, heard?.wire ?? null, config.JETSTREAM_COMPRESS, signal),
    },
  ]
}

async function resolveName(hostname: string): Promise<Finding> {
  try {
    const addresses = await lookup(bare(hostname), { all: true })
    return addresses.map(({ address }) => address).join(', ')
  } catch (cause) {
    throw new AppError('SOURCE_UNREACHABLE', `no address is known: ${(cause as Error).message}`, {
      cause,
      hint: 'Check the name in JETSTREAM_URL, and DNS of this machine.',
    })
  }
}

async function connect(
  host: string,
  port: number,
  encrypted: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(connectMs)])
  const socket = encrypted
    ? connectTls({ host, port, servername: host })
    : connectTcp({ host, port })
  const started = performance.now()
  try {
    await once(socket, encrypted ? 'secureConnect' : 'connect', { signal: deadline })
    const took = formatSpan(performance.now() - started)
    const protocol = 'getProtocol' in socket ? `, ${socket.getProtocol()}` : ', not encrypted'
    return `port ${port} answers in ${took}${protocol}`
  } catch (cause) {
    const { code, message } = Object(cause)
    throw new AppError('SOURCE_UNREACHABLE', `port ${port}: ${message || code || cause}`, {
      cause,
      hint: /CERT|SELF_SIGNED|ERR_TLS/.test(String(code))
        ? 'Its certificate is not accepted. NODE_EXTRA_CA_CERTS names the authority of a host of your own.'
        : 'Check that outgoing connections to it are allowed, and whether a proxy is in between.',
    })
  } finally {
    socket.destroy()
  }
}

async function listen(
  config: Config,
  seconds: number,
  signal: AbortSignal,
  hint: string,
): Promise<SourceProbe> {
  const probe = await probeSource(config, seconds, { signal, logger: createLogger('silent') })
  signal.throwIfAborted()
  if (probe.ok) return probe
  throw new AppError('SOURCE_UNREACHABLE', probe.detail, { hint })
}

function describe(probe: SourceProbe, config: Config): Finding {
  const { events, bytes, durationMs, host, wire, lagMs, kinds } = probe
  const seconds = durationMs / 1_000
  const most = Object.entries(kinds).sort(([, a], [, b]) => b - a)
  const shown = most.slice(0, shownKinds).map(([kind, n]) => `${kind} ${n}`)
  const more = most.length > shownKinds ? `, ${most.length - shownKinds} more` : ''
  const found = [
    `${formatCount(events)} events in ${formatSpan(durationMs)} from ${host}`,
    `${(events / seconds).toFixed(1)}/s, ${formatBytes(bytes / seconds)}/s`,
    ...(config.SOURCE === 'jetstream' ? [`wire ${wire}`] : []),
    ...(lagMs === null ? [] : [`${formatSpan(lagMs)} behind`]),
    shown.join(', ') + more,
  ].join('; ')
  const late = lagMs !== null && lagMs > lateMs
  const advice = late
    ? [
        'The host is far behind the network (or this clock ahead): put another one first in JETSTREAM_URL.',
      ]
    : []
  return { found, advice }
}

async function describeCompression(
  host: ReturnType<typeof readJetstreamUrl>,
  wire: string | null,
  asked: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  const now = asked ? 'asked for (JETSTREAM_COMPRESS)' : 'not asked for (JETSTREAM_COMPRESS=false)'
  if (wire !== 'v2') return `${now}; the host uses the dictionary of wire v1`
  const response = await fetch(dictionaryUrl(host), {
    signal: AbortSignal.any([signal, AbortSignal.timeout(connectMs)]),
  }).catch(() => null)
  const size = response?.ok ? (await response.arrayBuffer()).byteLength : null
  if (size !== null) return `${now}; the host has a dictionary of ${formatBytes(size)}`
  const found = `${now}; the host hands out no dictionary`
  return { found, advice: asked ? ['What it sends comes as plain text: twice the traffic.'] : [] }
}

/** IPv6 addresses stand in brackets in URLs. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
