/** One server-sent event as it came. */
export interface ServerEvent {
  readonly event: string
  readonly id: string | null
  readonly data: unknown
}

export interface EventStream {
  readonly response: Response
  /** The next event of a name, or of any. Rejects when the stream ends. */
  next(name?: string): Promise<ServerEvent>
  close(): void
}

/** Follows a stream of server-sent events as a browser would, without reconnecting. */
export async function openEventStream(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const controller = new AbortController()
  const response = await fetch(url, { headers, signal: controller.signal })
  const events = readEvents(response)
  return {
    response,
    async next(name) {
      for (;;) {
        const { value, done } = await events.next()
        if (done) throw new Error('the stream ended')
        if (name === undefined || value.event === name) return value
      }
    },
    close: () => controller.abort(),
  }
}

async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) return
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseEvent(block)
      if (event) yield event
    }
  }
}

function parseEvent(block: string): ServerEvent | null {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]),
  )
  const data = fields.get('data')
  if (data === undefined) return null
  const event = fields.get('event') ?? 'message'
  return { event, id: fields.get('id') ?? null, data: JSON.parse(data) }
}
