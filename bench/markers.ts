import { setTimeout } from 'node:timers/promises'
import { openClient } from '../src/db/pool.ts'
import { formatId, recordId } from '../src/event/ids.ts'

/** The error of each latency: a row is found up to so much later than it could have been, and never earlier. */
const pollMs = 20
const longestMs = 30_000

export interface MarkerWatch extends AsyncDisposable {
  /** From now on the row is looked for. */
  add(id: string): void
  /** When all have been seen: how long each took, ms. Throws where one does not appear. */
  seen(): Promise<number[]>
}

/** Id of the row that an event (v1) makes in `bluesky_record`, or null where it makes none there. */
export function markerOf(event: string): string | null {
  const { did, commit } = JSON.parse(event)
  if (commit?.operation !== 'create' || commit.collection === 'app.bsky.feed.post') return null
  return formatId(recordId(did, commit.collection, commit.rkey))
}

/** Looks for rows by their ids all the time, over a connection of its own, as any reader of the database could. */
export async function watchMarkers(url: string): Promise<MarkerWatch> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'bench' })
  const pending = new Map<string, number>()
  const latencies: number[] = []
  let closing = false
  const looking = look()
  looking.catch(() => undefined) // awaited in the end

  async function look(): Promise<void> {
    while (!closing) {
      const askedMs = performance.now()
      if (pending.size > 0) await find()
      await setTimeout(Math.max(0, pollMs - (performance.now() - askedMs)))
    }
  }

  async function find(): Promise<void> {
    const { rows } = await client.query<{ id: string }>({
      name: 'find-markers',
      text: 'select id from bluesky_record where id = any($1::uuid[])',
      values: [[...pending.keys()]],
    })
    const nowMs = performance.now()
    for (const { id } of rows) {
      latencies.push(nowMs - (pending.get(id) ?? nowMs))
      pending.delete(id)
    }
  }

  return {
    add: (id) => {
      pending.set(id, performance.now())
    },
    async seen() {
      const deadlineMs = performance.now() + longestMs
      while (pending.size > 0) {
        if (performance.now() > deadlineMs) throw new Error(`${pending.size} rows do not appear`)
        await Promise.race([setTimeout(pollMs), looking])
      }
      return latencies
    },
    async [Symbol.asyncDispose]() {
      closing = true
      await looking.catch(() => undefined) // its connection failed, which `seen` has told
      await client.end()
    },
  }
}
