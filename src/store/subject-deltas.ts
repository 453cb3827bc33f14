import type pg from 'pg'
import { findCollection } from '../collections/registry.ts'
import { encodeArray } from '../db/array-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import type { Id } from '../event/ids.ts'

const hourUs = 3_600_000_000
const dayUs = 24 * hourUs

/** What is counted of the things that a row points at: a table, its bucket, and its columns. */
interface Tally<Column extends string> {
  readonly table: string
  readonly bucket: 'hour' | 'day'
  readonly columns: readonly Column[]
}

const engagement = {
  table: 'engagement',
  bucket: 'hour',
  columns: ['likes', 'reposts', 'replies', 'quotes'],
} as const satisfies Tally<string>

const ties = {
  table: 'tie',
  bucket: 'day',
  columns: ['follows', 'unfollows', 'blocks', 'unblocks'],
} as const satisfies Tally<string>

/** What a batch changes about what posts and accounts received, by the post or account. */
export class SubjectDeltas {
  readonly #engagement = new Deltas(engagement)
  readonly #ties = new Deltas(ties)

  /** @param n how often the row is added; negative where it is taken away */
  add(row: Countable, n: number): void {
    if (row.hidden) return
    const { timeUs, subject, post } = row
    if (post) {
      const hour = Math.floor(timeUs / hourUs)
      if (post.replyTo !== null) this.#engagement.add(post.replyTo, hour, 'replies', n)
      if (post.quoted !== null) this.#engagement.add(post.quoted, hour, 'quotes', n)
      return
    }
    if (subject === null) return
    const collection = findCollection(row.collection)
    const ended = row.operation === 'delete'
    if (collection?.engagement && !ended) {
      this.#engagement.add(subject, Math.floor(timeUs / hourUs), collection.engagement, n)
    }
    if (collection?.tie) {
      const { tie } = collection
      this.#ties.add(subject, Math.floor(timeUs / dayUs), ended ? tie.ended : tie.live, n)
    }
  }

  /** Adds everything, under the writer's part. Belongs into the transaction that writes the rows. */
  async write(client: pg.Client, part: number): Promise<void> {
    await this.#engagement.write(client, part)
    await this.#ties.write(client, part)
  }
}

class Deltas<Column extends string> {
  readonly #tally: Tally<Column>
  /** bucket → subject → n by column */
  readonly #buckets = new Map<number, Map<Id, number[]>>()

  constructor(tally: Tally<Column>) {
    this.#tally = tally
  }

  add(subject: Id, bucket: number, column: Column, n: number): void {
    let subjects = this.#buckets.get(bucket)
    if (!subjects) {
      subjects = new Map()
      this.#buckets.set(bucket, subjects)
    }
    let counts = subjects.get(subject)
    if (!counts) {
      counts = this.#tally.columns.map(() => 0)
      subjects.set(subject, counts)
    }
    const at = this.#tally.columns.indexOf(column)
    counts[at] = (counts[at] ?? 0) + n
  }

  async write(client: pg.Client, part: number): Promise<void> {
    const { table, bucket, columns } = this.#tally
    const rows = this.#rows()
    if (rows.length === 0) return
    const type = bucket === 'day' ? 'date' : 'int4'
    const arrays = columns.map((_, at) => `$${at + 4}::int4[]`)
    await client.query({
      name: `merge-${table}`,
      text: `insert into ${table} as stored (subject, ${bucket}, part, ${columns.join(', ')})
       select subject, ${bucket}, $3::int2, ${columns.join(', ')}
       from unnest($1::uuid[], $2::${type}[], ${arrays.join(', ')})
         as change (subject, ${bucket}, ${columns.join(', ')})
       order by subject, ${bucket}
       on conflict (subject, ${bucket}, part) do update
       set ${columns.map((column) => `${column} = stored.${column} + excluded.${column}`).join(', ')}`,
      values: [
        encodeArray(
          'uuid',
          rows.map(({ subject }) => subject),
        ),
        encodeArray(
          type,
          rows.map(({ start }) => start),
        ),
        part,
        ...columns.map((_, at) =>
          encodeArray(
            'int4',
            rows.map(({ counts }) => counts[at] ?? 0),
          ),
        ),
      ],
    })
  }

  #rows(): { subject: Id; start: number; counts: readonly number[] }[] {
    const rows = []
    for (const [start, subjects] of this.#buckets) {
      for (const [subject, counts] of subjects) {
        if (counts.some((n) => n !== 0)) rows.push({ subject, start, counts })
      }
    }
    return rows
  }
}
