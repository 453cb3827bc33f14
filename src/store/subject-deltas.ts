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
  readonly columns: readonly [Column, Column, Column, Column]
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

  /** Statements that add everything, under the writer's part. They belong into the transaction that writes the rows. */
  encode(part: number): pg.QueryConfig[] {
    return [this.#engagement.encode(part), this.#ties.encode(part)].filter((one) => one !== null)
  }
}

class Deltas<Column extends string> {
  readonly #tally: Tally<Column>
  /** bucket → subject → n by column */
  readonly #buckets = new Map<number, Map<Id, Counts>>()

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
      counts = [0, 0, 0, 0]
      subjects.set(subject, counts)
    }
    counts[this.#tally.columns.indexOf(column) as 0 | 1 | 2 | 3] += n
  }

  /** Null where nothing changes. */
  encode(part: number): pg.QueryConfig | null {
    const { table, bucket, columns } = this.#tally
    const subjects: Id[] = []
    const starts: number[] = []
    const counts: [number[], number[], number[], number[]] = [[], [], [], []]
    for (const [start, bySubject] of this.#buckets) {
      for (const [subject, [a, b, c, d]] of bySubject) {
        if (a === 0 && b === 0 && c === 0 && d === 0) continue
        subjects.push(subject)
        starts.push(start)
        counts[0].push(a)
        counts[1].push(b)
        counts[2].push(c)
        counts[3].push(d)
      }
    }
    if (subjects.length === 0) return null
    const type = bucket === 'day' ? 'date' : 'int4'
    return {
      name: `merge-${table}`,
      text: `insert into ${table} as stored (subject, ${bucket}, part, ${columns.join(', ')})
       select subject, ${bucket}, $3::int2, ${columns.join(', ')}
       from unnest($1::uuid[], $2::${type}[], $4::int4[], $5::int4[], $6::int4[], $7::int4[])
         as change (subject, ${bucket}, ${columns.join(', ')})
       order by subject, ${bucket}
       on conflict (subject, ${bucket}, part) do update
       set ${columns.map((column) => `${column} = stored.${column} + excluded.${column}`).join(', ')}`,
      values: [
        encodeArray('uuid', subjects),
        encodeArray(type, starts),
        part,
        ...counts.map((column) => encodeArray('int4', column)),
      ],
    }
  }
}

/** In the order of the columns, of which each table has four. */
type Counts = [number, number, number, number]
