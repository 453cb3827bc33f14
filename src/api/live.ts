import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { live } from '../contract/live.ts'
import { AppError } from '../errors.ts'
import type { LiveFeed, LiveMessage } from '../read/read.ts'
import { describeRoute } from './endpoints.ts'

const heartbeatMs = 15_000
const retryMs = 2_000
/**
 * A client that has not taken this much when the next message comes is too slow: it is cut off, and comes back where it
 * was. One message, however large, may wait.
 */
const maxWaitingBytes = 64 * 1024
const maxClients = 1_000

/** The live stream as server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function mountLive(app: FastifyInstance, feed: LiveFeed): void {
  const clients = new Set<AbortController>()
  const encode = createEncoder()
  // Streams never end by themselves, and a server that closes waits for what is under way.
  app.addHook('preClose', async () => {
    for (const client of clients) client.abort()
  })
  const { response, ...schema } = describeRoute(live)
  app.route<{ Querystring: Record<string, string | undefined> }>({
    method: 'GET',
    url: live.path,
    exposeHeadRoute: false,
    schema: {
      ...schema,
      response: {
        ...response,
        200: {
          description: 'A stream',
          content: { 'text/event-stream': { schema: live.response } },
        },
      },
    },
    async handler(request, reply) {
      if (clients.size >= maxClients) {
        throw new AppError('TOO_BUSY', `${maxClients} clients follow the stream already`)
      }
      const client = new AbortController()
      clients.add(client)
      reply.raw.once('close', () => client.abort())
      client.signal.addEventListener('abort', () => {
        clients.delete(client)
        if (reply.raw.headersSent) reply.raw.end()
        else reply.raw.destroy()
      })
      try {
        await stream(request, reply, { feed, encode, signal: client.signal })
      } catch (error) {
        clients.delete(client)
        throw error
      }
    },
  })
}

interface Streaming {
  readonly feed: LiveFeed
  readonly encode: (message: LiveMessage) => Buffer
  readonly signal: AbortSignal
}

async function stream(
  request: FastifyRequest<{ Querystring: Record<string, string | undefined> }>,
  reply: FastifyReply,
  { feed, encode, signal }: Streaming,
): Promise<void> {
  const resume = request.headers['last-event-id']
  const to = reply.raw
  const send = (bytes: Buffer | string) => {
    if (signal.aborted) return
    if (to.writableLength > maxWaitingBytes) to.destroy()
    else to.write(bytes)
  }
  await feed.subscribe({
    filters: request.query,
    resume: typeof resume === 'string' ? resume : null,
    signal,
    onMessage(message) {
      // Only now: filters that mean nothing are answered as a problem, not as a stream.
      if (!to.headersSent) begin(reply)
      send(encode(message))
    },
  })
  if (signal.aborted) return
  const heartbeat = setInterval(() => send(': still here\n\n'), heartbeatMs)
  signal.addEventListener('abort', () => clearInterval(heartbeat))
}

function begin(reply: FastifyReply): void {
  reply.hijack()
  const to: ServerResponse = reply.raw
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) to.setHeader(name, value)
  }
  to.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that collect answers before they pass them on would make the stream pointless.
    'x-accel-buffering': 'no',
  })
  to.socket?.setNoDelay(true)
  to.write(`retry: ${retryMs}\n\n`)
}

/** Encodes what many clients get only once. */
function createEncoder(): (message: LiveMessage) => Buffer {
  const encoded = new WeakMap<object, Buffer>()
  const once = (name: string, data: object | null, id: string): Buffer => {
    if (data === null) return Buffer.alloc(0)
    let bytes = encoded.get(data)
    if (!bytes) {
      bytes = Buffer.from(`event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`)
      encoded.set(data, bytes)
    }
    return bytes
  }
  return ({ resume, counters, posts }) => {
    const id = resume === null ? '' : `id: ${resume}\n`
    // Posts first: who has the counters of a moment has its posts too.
    return Buffer.concat([once('posts', posts, id), once('counters', counters, id)])
  }
}
