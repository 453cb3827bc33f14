import type { Frame } from '../../src/event/frame.ts'
import { formatTid } from '../../src/event/tid.ts'

/** 2026-05-25T14:23:29Z, a moment of the recorded fixture. */
export const baseUs = 1_779_719_009_000_000

export interface CommitParts {
  readonly did?: string
  readonly collection?: string
  readonly rkey?: string
  readonly operation?: string
  /** Network clock, µs after `baseUs`. */
  readonly atUs?: number
  readonly rev?: string
  readonly record?: unknown
}

/** A commit in the shape of the recorded frames (test/fixtures/jetstream), with the given parts. */
export function commit(parts: CommitParts = {}): object {
  const timeUs = baseUs + (parts.atUs ?? 0)
  const operation = parts.operation ?? 'create'
  const collection = parts.collection ?? 'app.bsky.feed.post'
  const content = {
    record: parts.record ?? {
      $type: collection,
      text: 'hello',
      createdAt: new Date(timeUs / 1000).toISOString(),
    },
    cid: 'bafyreiaxf7tgbfydx3465sckitq6v564thxe2wwydbi7cwxbxvgssje3em',
  }
  return {
    did: parts.did ?? 'did:plc:mcc5yghbk7tixqryac2yxku7',
    time_us: timeUs,
    kind: 'commit',
    commit: {
      rev: parts.rev ?? formatTid(timeUs, 1),
      operation,
      collection,
      rkey: parts.rkey ?? formatTid(baseUs, 7),
      ...(operation !== 'delete' && content),
    },
  }
}

export function account(did: string, seq: number, active: boolean, status?: string): object {
  const time = new Date((baseUs + seq) / 1000).toISOString()
  return {
    did,
    time_us: baseUs + seq,
    kind: 'account',
    account: { active, did, seq, time, ...(status && { status }) },
  }
}

export function identity(did: string, seq: number, handle?: string): object {
  const time = new Date((baseUs + seq) / 1000).toISOString()
  return {
    did,
    time_us: baseUs + seq,
    kind: 'identity',
    identity: { did, seq, time, ...(handle && { handle }) },
  }
}

/** Frames of messages, or of raw bytes, in order, as one host would send them. */
export function framesOf(messages: readonly (object | string | Buffer)[]): Frame[] {
  return messages.map((message, index) => {
    const timeUs: unknown = Object(message).time_us
    return {
      bytes: Buffer.isBuffer(message)
        ? message
        : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)),
      position: {
        host: 'wss://host.example',
        wire: 'v1',
        seq: index + 1,
        timeUs: typeof timeUs === 'number' && Number.isSafeInteger(timeUs) ? timeUs : baseUs,
        epoch: 0,
      },
      receivedUs: baseUs + 1_000_000,
    }
  })
}
