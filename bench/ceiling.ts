import type pg from 'pg'
import { CopyEncoder } from '../src/db/copy-encoder.ts'
import type { Frame } from '../src/event/frame.ts'
import { Batch, type UserChange } from '../src/store/batch.ts'
import {
  type Columns,
  encodeRows,
  postColumns,
  recordColumns,
  userColumns,
} from '../src/store/columns.ts'
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
 * transactions of the same size. What it does not do is everything else: parsing, folding, counts, activity, position.
 *
 * @returns events per second
 */
export async function measureCeiling(client: pg.Client, frames: readonly Frame[]): Promise<number> {
  const users = new Set<string>()
  const batches: Prepared[][] = []
  const partitions = new Partitions()
  const active = new Set<string>()
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
      ...prepare(
        'bluesky_user',
        userColumns,
        newUsers.map((user) => ({ ...user, standing: user.standing ?? plain })),
      ),
      ...prepare('bluesky_record', recordColumns, batch.records.values()),
      ...prepare('bluesky_post', postColumns, batch.posts.values()),
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

const plain = { active: true, status: null, seq: 0 }

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
