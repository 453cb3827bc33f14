import type pg from 'pg'
import { findCollection } from '../src/collections/registry.ts'
import { CopyEncoder } from '../src/db/copy-encoder.ts'
import type { Countable } from '../src/dimensions/dimension.ts'
import { dimensions } from '../src/dimensions/registry.ts'
import type { Frame } from '../src/event/frame.ts'
import type { Id } from '../src/event/ids.ts'
import { Batch, type UserChange } from '../src/store/batch.ts'
import { type Columns, encodeRows, postColumns, recordColumns } from '../src/store/columns.ts'
import { copyInto } from '../src/store/copy.ts'
import { KnownUsers } from '../src/store/known-users.ts'
import { Partitions } from '../src/store/space/partitions.ts'

const batchFrames = 5_000

interface Prepared {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: Buffer
}

/**
 * The ceiling: the same rows copied in binary form into the same tables with the same indexes, encoded beforehand, in
 * transactions of the same size, each row of every table but the counts once. What it does not do is everything else: parsing,
 * folding, adding up, what is there already, counts, position.
 *
 * @returns events per second
 */
export async function measureCeiling(client: pg.Client, frames: readonly Frame[]): Promise<number> {
  const users = new Set<string>()
  const batches: Prepared[][] = []
  const partitions = new Partitions()
  const active = new Set<string>()
  const [engaged, tied, keys] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (let at = 0; at < frames.length; at += batchFrames) {
    const batch = foldBatch(frames.slice(at, at + batchFrames))
    const newUsers = [...batch.users.values()].filter(({ id }) => !users.has(id))
    for (const { id } of newUsers) users.add(id)
    for (const day of partitions.missing([...batch.records.values()].map(({ timeUs }) => timeUs))) {
      await partitions.create(client, day)
    }
    const fresh = [...batch.users.values()].filter(
      ({ id, activity }) => activity.length > 0 && !active.has(id),
    )
    for (const { id } of fresh) active.add(id)
    batches.push([
      ...prepare('author_hour', hourColumns, fresh),
      ...prepare('author_day', dayColumns, fresh),
      ...prepare('bluesky_user', userColumns, newUsers),
      ...prepare('bluesky_record', recordColumns, batch.records.values()),
      ...prepare('bluesky_post', postColumns, batch.posts.values()),
      ...prepare('engagement', engagementColumns, firsts(batch, engagementOf, engaged)),
      ...prepare('tie', tieColumns, firsts(batch, tiesOf, tied)),
      ...prepare('author_key', authorKeyColumns, firsts(batch, authorKeysOf, keys)),
    ])
  }
  const started = performance.now()
  for (const batch of batches) {
    await client.query('begin')
    for (const { table, columns, rows } of batch) await copyInto(client, table, columns, rows)
    await client.query('commit')
  }
  return frames.length / ((performance.now() - started) / 1_000)
}

/**
 * The floor: the same record rows inserted one statement and one transaction each, as a simple writer would.
 *
 * @returns events per second
 */
export async function measureRowByRow(
  client: pg.Client,
  frames: readonly Frame[],
  rows: number,
): Promise<number> {
  const batch = foldBatch(frames.slice(0, rows))
  const hex = (id: string) => Buffer.from(id, 'latin1').toString('hex')
  const values = [...batch.records.values()].map((row) => [
    hex(row.id),
    hex(row.userId),
    row.subject && hex(row.subject),
    row.timeUs,
    String(BigInt(row.revHigh) * 2n ** 32n + BigInt(row.revLow >>> 0)),
    row.operation,
    row.collection,
    row.hidden,
  ])
  const started = performance.now()
  for (const row of values) {
    await client.query({
      name: 'insert-record',
      text: `insert into bluesky_record (${recordColumns.names.join(', ')}) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: row,
    })
  }
  return values.length / ((performance.now() - started) / 1_000)
}

const userColumns: Columns<UserChange> = {
  names: ['id', 'did', 'first_seen_at', 'last_seen_at'],
  write(to, { id, did, activity }) {
    const hour = Math.floor((activity[0]?.minute ?? 0) / 60) * 3_600_000_000
    to.uuid(id)
    to.text(did)
    to.timestamp(hour)
    to.timestamp(hour)
  },
}

/** A row of a table of numbers, as often as it occurs. */
interface Numbered {
  readonly id: Id
  readonly hour: number
  readonly dimension: string
  readonly key: string
}

const engagementColumns: Columns<Numbered> = {
  names: ['subject', 'hour', 'likes'],
  write(to, { id, hour }) {
    to.uuid(id)
    to.int4(hour)
    to.int4(1)
  },
}

const tieColumns: Columns<Numbered> = {
  names: ['subject', 'day', 'follows'],
  write(to, { id, hour }) {
    to.uuid(id)
    to.date(Math.floor(hour / 24))
    to.int4(1)
  },
}

const authorKeyColumns: Columns<Numbered> = {
  names: ['day', 'dimension', 'key', 'user_id', 'hour', 'n'],
  write(to, { id, hour, dimension, key }) {
    to.date(Math.floor(hour / 24))
    to.text(dimension)
    to.text(key)
    to.uuid(id)
    to.int2(hour % 24)
    to.int4(1)
  },
}

function engagementOf(row: Countable): Numbered[] {
  const { replyTo = null, quoted = null } = row.post ?? {}
  const subject = findCollection(row.collection)?.engagement ? row.subject : null
  return [replyTo, quoted, subject].flatMap((id) => (id === null ? [] : [numbered(id, row)]))
}

function tiesOf(row: Countable): Numbered[] {
  const subject = findCollection(row.collection)?.tie ? row.subject : null
  return subject === null ? [] : [numbered(subject, row)]
}

function authorKeysOf(row: Countable): Numbered[] {
  if (!row.post) return []
  return dimensions
    .filter(({ authors }) => authors)
    .flatMap(({ name, keys }) =>
      keys(row).map((key) => ({ ...numbered(row.userId, row), dimension: name, key })),
    )
}

function numbered(id: Id, { timeUs }: Countable): Numbered {
  return { id, hour: Math.floor(timeUs / 3_600_000_000), dimension: '', key: '' }
}

/** Rows of a batch that none before it had: what can be copied. */
function firsts(batch: Batch, of: (row: Countable) => Numbered[], seen: Set<string>): Numbered[] {
  return [...batch.records.values(), ...batch.posts.values()].flatMap(of).filter((row) => {
    const name = `${row.id}${row.hour} ${row.dimension} ${row.key}`
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}

/** The first hour and day in which an account was active: a recording lies within one. */
const hourColumns: Columns<UserChange> = activityColumns(60, 'minutes', (to) => to.int8(1))
const dayColumns: Columns<UserChange> = activityColumns(1_440, 'kinds', (to) => to.int2(1))

function activityColumns(
  minutes: number,
  name: string,
  write: (to: CopyEncoder) => void,
): Columns<UserChange> {
  return {
    names: ['bucket', 'user_id', name],
    write(to, { id, activity }) {
      const bucket = Math.floor((activity[0]?.minute ?? 0) / minutes) * minutes
      to.timestamp(bucket * 60_000_000)
      to.uuid(id)
      write(to)
    },
  }
}

function foldBatch(frames: readonly Frame[]): Batch {
  const batch = new Batch(new KnownUsers())
  for (const frame of frames) batch.add(frame)
  return batch
}

function prepare<Row>(table: string, columns: Columns<Row>, rows: Iterable<Row>): Prepared[] {
  const encoded = encodeRows(new CopyEncoder(), columns, rows)
  return encoded ? [{ table, columns: columns.names, rows: encoded }] : []
}
