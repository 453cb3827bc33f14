import { once } from 'node:events'
import { styleText } from 'node:util'
import type { LiveCounters } from '../contract/live.ts'
import type { Post } from '../contract/posts.ts'
import { listUsers } from '../contract/users.ts'
import { AppError } from '../errors.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { type LiveMessage, openReader, type Reader } from '../read/read.ts'
import { readVersion } from '../telemetry/version.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { untilReaderGone } from './reader-gone.ts'
import { cleanText, widthOf, wrapText } from './terminal-text.ts'

export interface TailFlags extends DatabaseFlags {
  readonly language?: string
  readonly tag?: string
  readonly domain?: string
  readonly author?: string
  readonly since?: string
}

const longestMinutes = 60
const leastTextColumns = 20

/**
 * Prints new posts as they are stored, by the same feed as the live stream of the API, until the signal aborts or nobody reads
 * them. Throws `REQUEST_INVALID` for filters that mean nothing.
 */
export async function tail(flags: TailFlags, context: CommandContext): Promise<void> {
  const minutes = readMinutes(flags.since)
  const signal = untilReaderGone(context.signal)
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  await using reader = openReader({
    url: database.url,
    poolSize: 2,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    process: {
      health: () => ({
        name: 'bluesky-analytics',
        version: readVersion(),
        source: 'none',
        components: [],
      }),
      probeSource: () => Promise.reject(new Error('tail probes no source')),
    },
  })
  const { language, tag, domain, author } = flags
  const filters = {
    ...(language !== undefined && { lang: language }),
    ...(tag !== undefined && { tag }),
    ...(domain !== undefined && { domain }),
    ...(author !== undefined && { author }),
  }
  if (author !== undefined) await tellUnknown(reader, author, signal)
  const json = flags.json === true
  const state = createStatePrinter()
  const waiting: LiveMessage[] = []
  let show = (message: LiveMessage) => {
    waiting.push(message)
  }
  await reader.live.subscribe({
    filters,
    resume: null,
    signal,
    onMessage(message) {
      if (message.counters) state(message.counters)
      if (!signal.aborted) show(message)
    },
  })
  // What was stored before the first message is printed before what comes behind it.
  const [first] = waiting
  if (first && minutes > 0) {
    const sinceMs = Date.now() - minutes * 60_000
    await printAll(reader.live.before(first, { filters, sinceMs, signal }), json, signal).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error // else it is only the question that was stopped
      },
    )
  }
  show = (message) => print(message, json)
  if (!signal.aborted) waiting.splice(0).forEach(show)
  if (!signal.aborted) await once(signal, 'abort')
}

/** Tells on stderr that nothing of an account is stored yet, for else its silence would look like a fault. */
async function tellUnknown(reader: Reader, author: string, signal: AbortSignal): Promise<void> {
  const isDid = author.startsWith('did:')
  const query = isDid ? { did: author, limit: 1 } : { handle: author, limit: 1 }
  const { users } = await reader.ask(listUsers, query, signal)
  if (users.length > 0) return
  const then = isDid
    ? 'what it posts is shown from then on'
    : 'run tail again once it was seen, or name its DID'
  console.error(`${cleanText(author)} is not known yet: ${then}`)
}

/** Prints until the signal aborts; waits for a reader that is slower than the database. */
async function printAll(
  pages: AsyncIterable<readonly Post[]>,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  for await (const posts of pages) {
    if (signal.aborted) return
    printPosts(posts, json)
    if (process.stdout.writableNeedDrain) {
      await once(process.stdout, 'drain', { signal }).catch(() => undefined)
    }
  }
}

function readMinutes(since: string | undefined): number {
  if (since === undefined) return 0
  const minutes = Number(since)
  if (minutes > 0 && minutes <= longestMinutes) return minutes
  throw new AppError('USAGE_INVALID', `--since ${since} is no number of minutes`, {
    hint: `Use a number up to ${longestMinutes}.`,
  })
}

/** Tells on stderr when nothing comes any more, and when it does again. */
function createStatePrinter(): (counters: LiveCounters) => void {
  let shown: LiveCounters['state'] = 'live'
  return ({ state, detail }) => {
    if (state !== shown) console.error(`${state}: ${cleanText(detail)}`)
    shown = state
  }
}

function print({ posts: message }: LiveMessage, json: boolean): void {
  if (!message) return
  const { posts, seen, shown } = message
  // They come by their keys, which are the clocks of those who wrote them.
  const sorted = posts.toSorted((a, b) => Date.parse(a.indexedAt) - Date.parse(b.indexedAt))
  printPosts(sorted, json)
  const more = seen - shown
  if (more > 0 && !json && process.stdout.isTTY) {
    console.log(styleText('dim', `… and ${formatCount(more)} more`))
  }
}

function printPosts(posts: readonly Post[], json: boolean): void {
  console.log(posts.map((post) => (json ? formatJson(post) : formatPost(post))).join('\n'))
}

/** One line of JSON in which nothing can move a cursor: JSON itself escapes only half of what could. */
function formatJson(post: Post): string {
  return JSON.stringify(post).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Time, language, author and text; on a terminal wrapped to its width, elsewhere on one line. */
function formatPost(post: Post): string {
  const time = new Date(post.indexedAt).toISOString().slice(11, 19)
  const language = cleanText(post.langs[0]?.split('-')[0] ?? 'und')
    .slice(0, 3)
    .padEnd(3)
  const author = cleanText(post.author.handle ?? post.author.did)
  const head = `${time} ${language} ${author}: `
  const text = cleanText(post.text).trim() || describeAttached(post)
  const painted = `${styleText('dim', `${time} ${language}`)} ${styleText('cyan', author)}: `
  const { isTTY, columns = 80 } = process.stdout
  if (!isTTY) return painted + text
  const indent = ' '.repeat('hh:mm:ss lan '.length)
  const fits = widthOf(head) + leastTextColumns <= columns
  // The first line has less room: it is wrapped together with a stand-in for its head.
  const standIn = '\u00a0'.repeat(fits ? widthOf(head) - indent.length : 0)
  const lines = wrapText(standIn + text, Math.max(leastTextColumns, columns - indent.length))
  const [first = '', ...rest] = lines
  const body = [first.slice(standIn.length), ...rest.map((line) => indent + line)].join('\n')
  return fits ? painted + body : `${painted}\n${indent}${body}`
}

function describeAttached({ media }: Post): string {
  if (media.kind === 'none') return '(no text)'
  return media.count > 1 ? `(${media.count} ${media.kind})` : `(${media.kind})`
}
