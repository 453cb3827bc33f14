/**
 * A Jetstream host on a local port that does what it is told: it serves either wire from a list of events, with the
 * cursor rules of the real hosts, and misbehaves on request. Events are v1 frames as text; the host adds what its kind
 * adds and translates them to v2.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { zstdCompressSync } from 'node:zlib'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Wire } from '../../src/event/frame.ts'
import { readDictionary } from '../../src/source/jetstream/zstd.ts'

const root = new URL('../../', import.meta.url)
export const v1Dictionary = readDictionary(
  readFileSync(new URL('src/source/jetstream/zstd-v1.zdict', root)),
)
export const v2Dictionary = readDictionary(
  readFileSync(new URL('test/fixtures/jetstream/zstd-v2.zdict', root)),
)
/** Recorded frames of each kind and operation, v1, without cursors. */
export const goldenLines: readonly string[] = readFileSync(
  new URL('test/fixtures/jetstream/golden-v1.jsonl', root),
  'utf8',
)
  .trimEnd()
  .split('\n')

const paths: Readonly<Record<string, Wire>> = {
  '/subscribe': 'v1',
  '/xrpc/network.bsky.jetstream.subscribeEvents': 'v2',
}
const dictionaryPath = '/xrpc/network.bsky.jetstream.getZstdDictionary'

export interface FakeOptions {
  /** `v2` hosts serve both wires and number their events; `legacy` hosts serve v1 and know times only. */
  readonly kind?: 'v2' | 'legacy'
  /** 0 takes a free one. */
  readonly port?: number
  /** Whether it answers pings. */
  readonly autoPong?: boolean
  /** Each this often a ping to every client, ms; 0 for never. */
  readonly pingMs?: number
}

export interface Refusal {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An event as the host keeps it. */
export interface HostEvent {
  readonly seq: number
  readonly timeUs: number
  /** v1 frame without cursor. */
  readonly line: string
}

export class FakeConnection {
  readonly wire: Wire
  readonly query: URLSearchParams
  readonly extensions: string
  /** Text messages from the client. */
  readonly received: string[] = []
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #compress: boolean
  #frozen = false

  constructor(ws: WebSocket, socket: Socket, wire: Wire, request: IncomingMessage) {
    this.#ws = ws
    this.#socket = socket
    this.wire = wire
    this.query = new URL(request.url ?? '/', 'http://fake').searchParams
    this.extensions = request.headers['sec-websocket-extensions'] ?? ''
    this.#compress = this.query.get('compress') === 'true' || this.query.has('zstdDictionary')
    ws.on('message', (data) => this.received.push(String(data)))
    ws.on('error', () => {}) // a client that goes away is what many tests are about
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** One message, compressed if the client asked for it. */
  send(text: string | Buffer): void {
    if (this.#frozen) return
    const bytes = Buffer.from(text)
    if (this.#compress) {
      const dictionary = this.wire === 'v1' ? v1Dictionary.bytes : v2Dictionary.bytes
      this.sendRaw(zstdCompressSync(bytes, { dictionary }))
    } else {
      this.#ws.send(bytes, { binary: false })
    }
  }

  /** A binary message as it is. */
  sendRaw(bytes: Buffer): void {
    if (!this.#frozen) this.#ws.send(bytes, { binary: true })
  }

  ping(): void {
    if (!this.#frozen && this.isOpen) this.#ws.ping()
  }

  onPing(listener: () => void): void {
    this.#ws.on('ping', listener)
  }

  /** Resolves after so many pongs from now on. */
  async ponged(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await once(this.#ws, 'pong')
  }

  close(code: number, reason = ''): void {
    this.#ws.close(code, reason)
  }

  /** Cuts the connection without a close frame. */
  cut(): void {
    this.#ws.terminate()
  }

  /** Becomes a half-open peer: the socket stays, nothing is read, answered or sent any more. */
  freeze(): void {
    this.#frozen = true
    this.#socket.pause()
  }

  /** How many bytes wait in this process because the client does not read. */
  get bufferedBytes(): number {
    return this.#ws.bufferedAmount
  }

  async closed(): Promise<{ code: number; reason: string }> {
    if (this.#ws.readyState === this.#ws.CLOSED) return { code: 1006, reason: '' }
    const [code, reason] = await once(this.#ws, 'close')
    return { code, reason: String(reason) }
  }
}

export class FakeJetstream implements AsyncDisposable {
  readonly kind: 'v2' | 'legacy'
  readonly connections: FakeConnection[] = []
  /** Path and query of every request, refused ones too. */
  readonly requests: string[] = []
  /** Answers for the next upgrade requests, in order, instead of an upgrade. */
  readonly refusals: Refusal[] = []
  /** Oldest event that is still kept. */
  floorSeq = 1
  /** Time cursors newer than this event's begin here instead, as if the rest were one unsealed segment. */
  activeSegmentSeq = Number.POSITIVE_INFINITY
  /** Whether the events after a connection's cursor are sent by themselves. */
  replays = true
  dictionaryStatus = 200
  #events: HostEvent[] = []
  #nextSeq = 1
  #arrival = Promise.withResolvers<void>()
  readonly #server = createServer((request, response) => this.#answer(request, response))
  readonly #sockets: WebSocketServer
  readonly #pinger: NodeJS.Timeout | null

  constructor(options: FakeOptions) {
    this.kind = options.kind ?? 'v2'
    this.#sockets = new WebSocketServer({ noServer: true, autoPong: options.autoPong ?? true })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    const pingMs = options.pingMs ?? 0
    this.#pinger = pingMs > 0 ? setInterval(() => this.#pingAll(), pingMs) : null
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** What the program is given, and what positions name. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get events(): readonly HostEvent[] {
    return this.#events
  }

  /** Takes events in and sends them to whoever is connected. Returns the last one. */
  append(...lines: string[]): HostEvent {
    for (const line of lines) {
      const event = { seq: this.#nextSeq++, timeUs: Number(JSON.parse(line).time_us), line }
      this.#events.push(event)
      for (const connection of this.connections) {
        if (connection.isOpen && this.replays) connection.send(this.frame(event, connection.wire))
      }
    }
    return this.last
  }

  get last(): HostEvent {
    const last = this.#events.at(-1)
    if (!last) throw new RangeError('the host has no events')
    return last
  }

  /** The host is built anew: no events, numbers from 1. Connections are cut. */
  rebuild(): void {
    this.#events = []
    this.#nextSeq = 1
    this.floorSeq = 1
    this.cutAll()
  }

  /** The host crashes: what was not yet durable is lost, and its numbers will be given again. */
  crash(durableSeq: number): void {
    this.#events = this.#events.filter(({ seq }) => seq <= durableSeq)
    this.#nextSeq = durableSeq + 1
    this.cutAll()
  }

  cutAll(): void {
    for (const connection of this.connections) connection.cut()
  }

  /** An event as this host writes it on a wire. */
  frame(event: HostEvent, wire: Wire): string {
    if (wire === 'v2') return toV2(event)
    return this.kind === 'v2' ? withCursor(event) : event.line
  }

  /** The n-th connection (from 1), as soon as there is one. */
  async connection(n: number): Promise<FakeConnection> {
    for (;;) {
      const connection = this.connections[n - 1]
      if (connection) return connection
      await this.#arrival.promise
    }
  }

  /** Resolves when n requests of any kind have come. */
  async requested(n: number): Promise<void> {
    while (this.requests.length < n) await this.#arrival.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pinger) clearInterval(this.#pinger)
    this.cutAll()
    this.#server.closeAllConnections()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #arrived(): void {
    this.#arrival.resolve()
    this.#arrival = Promise.withResolvers()
  }

  #pingAll(): void {
    for (const connection of this.connections) connection.ping()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', 'http://fake').pathname
    if (this.kind === 'v2' && path === dictionaryPath) {
      response.writeHead(this.dictionaryStatus).end(v2Dictionary.bytes)
    } else {
      response.writeHead(404).end('Not Found')
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.requests.push(request.url ?? '')
    const url = new URL(request.url ?? '/', 'http://fake')
    const wire = paths[url.pathname]
    const refusal = this.refusals.shift() ?? this.#refusal(wire, url.searchParams, request)
    if (refusal || !wire) {
      refuse(socket, refusal ?? { status: 404 })
      this.#arrived()
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = new FakeConnection(ws, request.socket, wire, request)
      this.connections.push(connection)
      if (this.replays) this.#replay(connection)
      this.#arrived()
    })
  }

  #refusal(
    wire: Wire | undefined,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Refusal | null {
    if (!wire || (wire === 'v2' && this.kind === 'legacy'))
      return { status: 404, body: 'Not Found' }
    const deflate = request.headers['sec-websocket-extensions']?.includes('permessage-deflate')
    if (deflate && query.get('compress') === 'true') return { status: 400, body: 'pick one' }
    if (wire === 'v1') return null
    const dictionaryId = query.get('zstdDictionary')
    if (dictionaryId !== null && Number(dictionaryId) !== v2Dictionary.id) {
      return xrpcError(400, 'UnknownZstdDictionary', `current is ${v2Dictionary.id}`)
    }
    const cursor = Number(query.get('cursor') ?? Number.POSITIVE_INFINITY)
    if (cursor >= 1e15 || cursor >= this.floorSeq) return null
    return xrpcError(
      400,
      'CursorTooOld',
      `cursor ${cursor} below lookback floor ${this.floorSeq}; x`,
    )
  }

  #replay(connection: FakeConnection): void {
    const cursor = connection.query.get('cursor')
    if (cursor === null) return
    const fromSeq = this.#startSeq(Number(cursor))
    const first = this.#events.find((event) => event.seq >= fromSeq)
    if (connection.wire === 'v2' && Number(cursor) >= 1e15 && fromSeq === this.floorSeq) {
      if (first && first.timeUs > Number(cursor)) connection.send(info('OutdatedCursor'))
    }
    for (const event of this.#events) {
      if (event.seq >= fromSeq) connection.send(this.frame(event, connection.wire))
    }
  }

  /** The cursor rules of the real hosts, inclusive; beyond the tip nothing is replayed. */
  #startSeq(cursor: number): number {
    if (cursor < 1e15 && this.kind === 'v2') return Math.max(cursor, this.floorSeq)
    const found = this.#events.find((event) => event.timeUs >= cursor && event.seq >= this.floorSeq)
    return Math.min(found?.seq ?? this.#nextSeq, Math.max(this.activeSegmentSeq, this.floorSeq))
  }
}

/** Opens a fake host; dispose it to cut everything. */
export async function openFakeJetstream(options: FakeOptions = {}): Promise<FakeJetstream> {
  const fake = new FakeJetstream(options)
  await fake.listen(options.port ?? 0)
  return fake
}

/** A recorded frame with another time and revision: the n-th of a made-up stream. */
export function eventLine(n: number, timeUs: number): string {
  const recorded = JSON.parse(goldenLines[n % goldenLines.length] ?? '{}')
  recorded.time_us = timeUs
  if (recorded.commit) recorded.commit.rkey = `3mmooj${String(n).padStart(7, '2')}`
  else recorded[recorded.kind].seq = n
  return JSON.stringify(recorded)
}

export function xrpcError(status: number, error: string, message: string): Refusal {
  return {
    status,
    body: JSON.stringify({ error, message }),
    headers: { 'content-type': 'application/json' },
  }
}

export function info(name: string): string {
  const $type = 'network.bsky.jetstream.subscribeEvents#info'
  return JSON.stringify({ $type: 'message', payload: { $type, name, message: 'as told' } })
}

export function errorFrame(error: string): string {
  return JSON.stringify({ $type: 'error', error, message: 'as told' })
}

function withCursor({ line, seq }: HostEvent): string {
  return line.replace(/("time_us":\d+,)/, `$1"cursor":${seq},`)
}

function toV2({ line, seq, timeUs }: HostEvent): string {
  const event = JSON.parse(line)
  const body = event.kind === 'commit' ? event.commit : { [event.kind]: event[event.kind] }
  const $type = `network.bsky.jetstream.subscribeEvents#${event.kind}`
  const seconds = new Date(Math.floor(timeUs / 1e6) * 1000).toISOString().slice(0, 19)
  const time = `${seconds}.${String(timeUs % 1e6).padStart(6, '0')}Z`
  const payload = Object.entries({ $type, seq, did: event.did, time, ...body })
  // Real hosts sort the keys.
  payload.sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({ $type: 'message', payload: Object.fromEntries(payload) })
}

function refuse(socket: Duplex, { status, body = '', headers = {} }: Refusal): void {
  const lines = [`HTTP/1.1 ${status} as told`, `content-length: ${Buffer.byteLength(body)}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  socket.on('error', () => {})
  socket.end(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`)
}
