import type { ArchiveRow } from './block.ts'
import { cborToJson, quote } from './cbor-json.ts'
import { recordCid } from './cid.ts'

/** Why a row is no message: the wire would not have it either, or it is newer than this program. */
export type SkipReason = 'unknown-kind' | 'bad-payload' | 'bad-seq' | 'bad-time'

/** 7 is a create as well: part of a repository that the host fetched anew. */
const operations: Readonly<Record<number, 'create' | 'update' | 'delete'>> = {
  1: 'create',
  2: 'update',
  3: 'delete',
  7: 'create',
}
const others: Readonly<Record<number, 'identity' | 'account' | 'sync'>> = {
  4: 'identity',
  5: 'account',
  6: 'sync',
}
const head = '{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#'
/** The last moment of which JavaScript knows the date, µs. */
const maxTimeUs = 8_640_000_000_000_000

/** Whether a row is an operation on a record: filters on collections concern no other. */
export function isCommit(row: ArchiveRow): boolean {
  return operations[row.kind] !== undefined
}

/**
 * A row of the archive as the message that `subscribeEvents` sends for it, byte for byte, so that history goes the way
 * that live events go. Never throws.
 *
 * @see https://github.com/bluesky-social/jetstream/blob/main/internal/subscribe/encoder.go
 */
export function encodeFrame(row: ArchiveRow): Buffer | SkipReason {
  const { seq, timeUs } = row
  if (!Number.isSafeInteger(seq) || seq < 1) return 'bad-seq'
  if (!Number.isSafeInteger(timeUs) || timeUs < 0 || timeUs > maxTimeUs) return 'bad-time'
  const operation = operations[row.kind]
  const other = others[row.kind]
  if (operation === undefined && other === undefined) return 'unknown-kind'
  const json = operation === 'delete' ? '' : cborToJson(row.payload)
  if (json === null) return 'bad-payload'
  return Buffer.from(operation ? commit(row, operation, json) : about(row, other ?? '', json))
}

/** Keys in the order of the alphabet, as the host writes them: whoever looks for the position finds it at the end. */
function commit(row: ArchiveRow, operation: string, record: string): string {
  const cid = record === '' ? '' : `"cid":"${recordCid(row.payload)}",`
  return (
    `${head}commit",${cid}"collection":${quote(row.collection)},"did":${quote(row.did)},` +
    `"operation":"${operation}",${record === '' ? '' : `"record":${record},`}` +
    `"rev":${quote(row.rev)},"rkey":${quote(row.rkey)},"seq":${row.seq},` +
    `"time":"${formatTime(row.timeUs)}"}}`
  )
}

function about(row: ArchiveRow, kind: string, body: string): string {
  const members = [
    ['did', quote(row.did)],
    ['seq', String(row.seq)],
    ['time', `"${formatTime(row.timeUs)}"`],
    [kind, body],
  ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return `${head}${kind}",${members.map(([key, json]) => `"${key}":${json}`).join(',')}}}`
}

/** RFC 3339, UTC, always six digits of a second. */
function formatTime(timeUs: number): string {
  const ms = Math.floor(timeUs / 1_000)
  const micros = String(timeUs - ms * 1_000).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`
}
