import { addAbortListener } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { Wire } from '../../event/frame.ts'
import type { Ending } from './ending.ts'
import { type EventWatch, watchEvents } from './event-watch.ts'
import type { FrameQueue } from './frame-queue.ts'
import { readRejection } from './rejection.ts'
import type { JetstreamTimings } from './timings.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

export interface ConnectionOptions {
  readonly url: string
  readonly wire: Wire
  /** First message to send, if any. */
  readonly hello: string | null
  readonly maxMessageBytes: number
  /** Where `onMessage` puts frames; when it is full the socket is paused. */
  readonly queue: FrameQueue
  readonly timings: JetstreamTimings
  /** Everything is asked for: then silence is no good sign. */
  readonly everything: boolean
  readonly signal: AbortSignal
  readonly onOpen: () => void
  /** Takes one message, in order. Whatever it returns ends the connection. Must not throw. */
  readonly onMessage: (bytes: Buffer) => Ending | null
}

export interface ConnectionResult {
  readonly ending: Ending
  /** When the last sign of life came, ms since 1970. */
  readonly aliveMs: number
}

interface ConnectionState {
  ending: Ending | null
  watchdog: Watchdog | null
  events: EventWatch | null
  socket: Socket | null
  paused: boolean
}

const maxBodyBytes = 65_536

/**
 * One WebSocket, from the dial until it is closed on both sides. Never throws: the result says how it ended. A dead
 * peer is noticed, a refusal is read, and reading stops while the queue is full.
 */
export async function runConnection(options: ConnectionOptions): Promise<ConnectionResult> {
  const { queue, timings, signal } = options
  const closed = Promise.withResolvers<void>()
  const state: ConnectionState = {
    ending: null,
    watchdog: null,
    events: null,
    socket: null,
    paused: false,
  }

  // `closeTimeout` is missing in the types of ws 8.18.
  const wsOptions: ClientOptions & { closeTimeout: number } = {
    // Hosts refuse deflate beside zstd, and it costs more memory per connection than it saves here.
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    handshakeTimeout: timings.handshakeMs,
    closeTimeout: timings.closeMs,
    // Broken UTF-8 is one broken event for the decoder to set aside; closing on it would come back to it for ever.
    skipUTF8Validation: true,
    headers: { 'user-agent': 'bluesky-analytics' },
  }
  const ws = new WebSocket(options.url, wsOptions)

  /** The first reason counts. A peer that may be dead is not asked for its half of a close. */
  function end(why: Ending, how: 'close' | 'terminate'): void {
    if (state.ending) return
    state.ending = why
    if (how === 'close' && ws.readyState === WebSocket.OPEN) {
      ws.resume() // the peer's half of the close has to be read
      ws.close(1000)
    } else {
      ws.terminate()
    }
  }

  async function pauseUntilRoom(): Promise<void> {
    state.paused = true
    ws.pause()
    await queue.waitForRoom(AbortSignal.any([signal, AbortSignal.timeout(timings.pauseMs)]))
    state.paused = false
    if (!queue.hasRoom) return end({ kind: 'slow-sink' }, 'close')
    state.watchdog?.alive()
    state.events?.came()
    ws.resume()
  }

  ws.on('upgrade', (response) => {
    state.socket = response.socket
  })
  ws.on('open', () => {
    state.watchdog = startWatchdog({
      silenceMs: timings.silenceMs,
      pongMs: timings.pongMs,
      bytesReceived: () => state.socket?.bytesRead ?? 0,
      ask: () => ws.ping(),
      giveUp: (quietMs) => end({ kind: 'silent', quietMs }, 'terminate'),
    })
    if (options.everything) {
      const giveUp = (quietMs: number) => end({ kind: 'no-events', quietMs }, 'close')
      state.events = watchEvents(timings.noEventsMs, giveUp)
    }
    if (options.hello !== null) ws.send(options.hello)
    options.onOpen()
  })
  ws.on('message', (data) => {
    if (state.ending) return
    state.watchdog?.alive()
    state.events?.came()
    const why = options.onMessage(toBuffer(data))
    if (why) end(why, 'close')
    else if (queue.isFull && !state.paused) void pauseUntilRoom()
  })
  ws.on('ping', () => state.watchdog?.alive())
  ws.on('pong', () => state.watchdog?.alive())
  ws.on('unexpected-response', async (_request, response) => {
    const body = await readBody(response, timings.fetchMs)
    const retryAfter = response.headers['retry-after'] ?? null
    const refused = { status: response.statusCode ?? 0, retryAfter, body }
    const rejection = readRejection(refused, options.wire, Date.now())
    end({ kind: 'rejected', rejection }, 'terminate')
  })
  ws.on('error', (error) => {
    if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      state.ending ??= { kind: 'oversize' }
    } else if (state.watchdog) {
      state.ending ??= { kind: 'closed', code: 1006, reason: error.message }
    } else {
      state.ending ??= { kind: 'unreachable', message: describeFailure(error) }
    }
  })
  ws.on('close', (code, reason) => {
    state.ending ??= { kind: 'closed', code, reason: reason.toString('utf8') }
    closed.resolve()
  })

  using _ = addAbortListener(signal, () => end({ kind: 'aborted' }, 'close'))
  await closed.promise
  const aliveMs = Date.now() - (state.watchdog?.quietMs() ?? 0)
  state.watchdog?.stop()
  state.events?.stop()
  return { ending: state.ending ?? { kind: 'aborted' }, aliveMs }
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

/** The start of a refusal's body; whatever came by the deadline is enough. */
async function readBody(response: IncomingMessage, deadlineMs: number): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  const timer = setTimeout(() => response.destroy(), deadlineMs)
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part)
      length += part.length
      if (length >= maxBodyBytes) break
    }
  } catch {
    // Cut off or too slow: the status alone has to do.
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(parts).subarray(0, maxBodyBytes).toString('utf8')
}

/** A failed dial to several addresses is an AggregateError with an empty message; its code says what happened. */
function describeFailure(error: Error): string {
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
