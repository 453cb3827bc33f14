/** An archive over HTTP as Jetstream serves it, for what a real one cannot be made to do: refuse, change, lie and stall. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ArchiveRow } from '../../src/source/archive/block.ts'
import { writeSegment } from './archive-file.ts'

export type Method = 'listSegments' | 'planSnapshot' | 'getSegment' | 'getBlock'
/** Answers a request instead of the archive and returns true, or leaves it to the archive. */
export type Interference = (
  method: Method,
  request: IncomingMessage,
  response: ServerResponse,
) => boolean

type Blocks = readonly (readonly ArchiveRow[])[]

export class FakeArchive implements AsyncDisposable {
  /** `GET getBlock?…`, in the order in which they came. */
  readonly asked: string[] = []
  readonly bodies: unknown[] = []
  interfere: Interference = () => false
  mode: 'segment' | 'blocks' = 'segment'
  /** How many segments or blocks a page of a plan has. */
  pageEntries = 1_000
  #segments: Blocks[] = []
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What the archive consists of from now on. */
  seal(...segments: Blocks[]): void {
    this.#segments = segments
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://archive')
    const method = url.pathname.slice('/xrpc/network.bsky.jetstream.'.length) as Method
    this.asked.push(`${request.method} ${method}${url.search}`)
    if (this.interfere(method, request, response)) return
    if (method === 'listSegments') this.#list(url, response)
    else if (method === 'planSnapshot') this.#plan(JSON.parse(await text(request)), response)
    else if (method === 'getSegment') this.#file(url, request, response)
    else this.#block(url, response)
  }

  #list(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const segments = this.#segments.slice(from, from + 2).map((blocks, n) => {
      const rows = blocks.flat()
      const [seqs, times] = [rows.map(({ seq }) => seq), rows.map(({ timeUs }) => timeUs)]
      return {
        name: nameOf(from + n),
        eventCount: rows.length,
        minSeq: Math.min(...seqs),
        maxSeq: Math.max(...seqs),
        minWitnessedAt: Math.min(...times),
        maxWitnessedAt: Math.max(...times),
      }
    })
    const more = from + 2 < this.#segments.length ? { cursor: String(from + 2) } : {}
    sendJson(response, { segments, ...more })
  }

  #plan(body: { afterSeq: number; beforeSeq: number }, response: ServerResponse): void {
    this.bodies.push(body)
    const { afterSeq, beforeSeq } = body
    const tip = Math.max(...this.#segments.flat(2).map(({ seq }) => seq))
    const units = this.#segments.flatMap((blocks, n) =>
      (this.mode === 'segment' ? [blocks.flat()] : blocks).map((rows, block) => ({
        n,
        rows,
        block,
      })),
    )
    const wanted = units.filter(({ rows }) =>
      rows.some(({ seq }) => seq > afterSeq && seq <= beforeSeq),
    )
    const page = wanted.slice(0, this.pageEntries)
    const sealedTipSeq = Math.min(tip, beforeSeq)
    const last = page.at(-1)?.rows.at(-1)?.seq ?? sealedTipSeq
    const plannedThroughSeq = page.length < wanted.length ? last : sealedTipSeq
    const segments = page.map(({ n, block }) => ({
      name: nameOf(n),
      minSeq: 0,
      maxSeq: 0,
      mode: this.mode,
      ...(this.mode === 'blocks' ? { blocks: [{ first: block, last: block }] } : {}),
    }))
    sendJson(response, { plannedThroughSeq, sealedTipSeq, segments })
  }

  #file(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const file = writeSegment(this.#segments[indexOf(url.searchParams.get('name'))] ?? [])
    const etag = `"${createHash('sha256').update(file).digest('hex').slice(0, 16)}"`
    response.setHeader('etag', etag)
    const [from = 0, to = 0] =
      /(\d+)-(\d+)/
        .exec(request.headers.range ?? '')
        ?.slice(1)
        .map(Number) ?? []
    const condition = request.headers['if-range']
    if (condition !== undefined && condition !== etag) {
      response.end(file)
      return
    }
    const end = Math.min(to, file.length - 1)
    response.writeHead(206, { 'content-range': `bytes ${from}-${end}/${file.length}` })
    response.end(file.subarray(from, end + 1))
  }

  #block(url: URL, response: ServerResponse): void {
    const blocks = this.#segments[indexOf(url.searchParams.get('segment'))] ?? []
    const rows = blocks[Number(url.searchParams.get('blockIndex'))]
    if (!rows) {
      sendError(response, 404, 'BlockNotFound')
      return
    }
    const file = writeSegment([rows])
    response.end(file.subarray(264, 264 + file.readUInt32LE(256)))
  }
}

export async function openFakeArchive(...segments: Blocks[]): Promise<FakeArchive> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const archive = new FakeArchive(server)
  archive.seal(...segments)
  return archive
}

export function sendError(response: ServerResponse, status: number, error: string): void {
  response.statusCode = status
  sendJson(response, { error, message: `${error} it is` })
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}

function nameOf(index: number): string {
  return `seg_${index.toString(36).padStart(10, '0')}.jss`
}

function indexOf(name: string | null): number {
  return Number.parseInt(name?.slice(4, 14) ?? '', 36)
}
