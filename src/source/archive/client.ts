import { AppError } from '../../errors.ts'
import { type ListPage, listPage, type PlanPage, planPage } from './answers.ts'
import { maxBodyBytes } from './block.ts'
import { type Answer, readBody, readStart } from './body.ts'
import { type ArchiveTimings, ask, type Trouble } from './request.ts'

export interface ArchiveClientOptions {
  /** `http://` or `https://`, host, and the path prefix of a reverse proxy if any. */
  readonly base: string
  /** Hosted archives may ask for one. */
  readonly apiKey: string | null
  readonly timings: ArchiveTimings
  readonly onTrouble: (trouble: Trouble | null) => void
}

export interface PlanRequest {
  readonly dids?: readonly string[]
  readonly collections?: readonly string[]
  /** Exclusive. */
  readonly afterSeq: number
  /** Inclusive. */
  readonly beforeSeq: number
}

/** The first bytes of a file. */
export interface FileStart {
  readonly bytes: Buffer
  /** Names the generation of the file; null where the host tells none or gives whole files only. */
  readonly etag: string | null
}

export interface PartRequest {
  /** First and last byte. */
  readonly from: number
  readonly to: number
  /** The generation that the part has to be from. */
  readonly etag: string
}

const maxListBytes = 8 * 1024 * 1024
/** A page of 100,000 entries takes 20 MB. */
const maxPlanBytes = 64 * 1024 * 1024
const listLimit = 1_000
/** A part of a file is of the file as it is: nothing in between may pack it. */
const unpacked = { 'accept-encoding': 'identity' } as const

/**
 * The archive's methods. Each waits until the host answers, see `ask`: throws `SOURCE_REJECTED` where that is pointless, and
 * the signal's reason.
 *
 * @see https://github.com/bluesky-social/jetstream/tree/main/lexicons/network/bsky/jetstream
 */
export class ArchiveClient {
  readonly #options: ArchiveClientOptions

  constructor(options: ArchiveClientOptions) {
    this.#options = options
  }

  async listSegments(cursor: string | null, signal: AbortSignal): Promise<ListPage> {
    const query = new URLSearchParams({ limit: String(listLimit) })
    if (cursor !== null) query.set('cursor', cursor)
    return await this.#ask(`listSegments?${query}`, { headers: {}, signal }, async (answer) =>
      listPage.parse(await readJson(answer, maxListBytes)),
    )
  }

  async planSnapshot(request: PlanRequest, signal: AbortSignal): Promise<PlanPage> {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(request), signal }
    return await this.#ask('planSnapshot', init, async (answer) =>
      planPage.parse(await readJson(answer, maxPlanBytes)),
    )
  }

  /** The zstd frame of a block. */
  async getBlock(segment: string, index: number, signal: AbortSignal): Promise<Buffer> {
    const query = new URLSearchParams({ segment, blockIndex: String(index) })
    return await this.#ask(`getBlock?${query}`, { headers: unpacked, signal }, (answer) =>
      readBody(answer, maxBodyBytes),
    )
  }

  /** The first bytes of a segment file, fewer where it has fewer. */
  async getStart(segment: string, bytes: number, signal: AbortSignal): Promise<FileStart> {
    return await this.#askRange(segment, { from: 0, to: bytes - 1 }, signal, async (answer) => ({
      bytes: await readStart(answer, bytes),
      etag: answer.response.status === 206 ? answer.response.headers.get('etag') : null,
    }))
  }

  /** A part of a segment file, or `rewritten` where the file is of another generation by now. */
  async getPart(
    segment: string,
    request: PartRequest,
    signal: AbortSignal,
  ): Promise<Buffer | 'rewritten'> {
    return await this.#askRange(segment, request, signal, async (answer) => {
      const { status, headers } = answer.response
      if (status !== 206 || headers.get('etag') !== request.etag) return 'rewritten'
      const wanted = request.to - request.from + 1
      const bytes = await readBody(answer, wanted)
      if (bytes.length === wanted) return bytes
      throw new AppError('SOURCE_REJECTED', `${segment} is cut off before byte ${request.to}.`)
    })
  }

  async #askRange<T>(
    segment: string,
    { from, to, etag }: { readonly from: number; readonly to: number; readonly etag?: string },
    signal: AbortSignal,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const query = new URLSearchParams({ name: segment })
    const ifRange = etag === undefined ? {} : { 'if-range': etag }
    const headers = { ...unpacked, range: `bytes=${from}-${to}`, ...ifRange }
    return await this.#ask(`getSegment?${query}`, { headers, signal }, read)
  }

  async #ask<T>(
    method: string,
    init: RequestInit & { readonly headers: Record<string, string>; readonly signal: AbortSignal },
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const { base, apiKey, timings, onTrouble } = this.#options
    const headers = { ...init.headers, ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) }
    const url = `${base}/xrpc/network.bsky.jetstream.${method}`
    const { signal } = init
    return await ask({ url, init: { ...init, headers }, timings, signal, onTrouble }, read)
  }
}

async function readJson(answer: Answer, maxBytes: number): Promise<unknown> {
  return JSON.parse((await readBody(answer, maxBytes)).toString())
}
