import type pg from 'pg'
import { collections } from '../collections/registry.ts'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import type { Operation } from '../event/event.ts'
import { type Id, isTimed, parseId } from '../event/ids.ts'
import { Breaks } from './breaks.ts'
import type { Changes } from './changes.ts'
import { type Columns, encodeRow } from './columns.ts'
import { copyInto } from './copy.ts'
import { readStored, type StoredColumns, storedColumns } from './stored-row.ts'

type Row = Countable & { readonly id: Id }

/** Rows, already in COPY format. */
interface EncodedRows<R> {
  readonly rows: readonly R[]
  readonly encoder: CopyEncoder
  /** The rows, in the encoder's memory; null where there are none. */
  readonly encoded: Buffer | null
}

/** The rows of a batch. */
export interface PreparedRows<R> {
  readonly all: readonly R[]
  /** Creates under record keys that are not used twice: bet on not being stored yet. */
  readonly creates: EncodedRows<R>
  readonly others: EncodedRows<R>
}

/**
 * A table whose rows are records, each the last operation on it, guarded by its revision. Both ways of writing belong into the
 * caller's transaction.
 */
export class RecordTable<R extends Row> {
  readonly #name: 'bluesky_post' | 'bluesky_record'
  readonly #staging: string
  readonly #columns: Columns<R>
  readonly #merge: string
  /** Encoders whose batch is stored; there are two for each batch prepared at a time, of which there are two. */
  readonly #free: CopyEncoder[] = []

  constructor(name: 'bluesky_post' | 'bluesky_record', staging: string, columns: Columns<R>) {
    this.#name = name
    this.#staging = staging
    this.#columns = columns
    this.#merge = mergeStatement(name, staging, columns.names)
  }

  /**
   * Splits and encodes the rows of a batch, ahead of their transaction, with breaks. Give them back with `release` when they are
   * stored.
   */
  async prepare(rows: Iterable<R>): Promise<PreparedRows<R>> {
    const all = [...rows]
    const [creates, others] = [this.#begin(), this.#begin()]
    const breaks = new Breaks()
    for (const row of all) {
      const { rows, encoder } = row.operation === 'create' && isTimed(row.id) ? creates : others
      rows.push(row)
      encodeRow(encoder, this.#columns, row)
      if (breaks.due()) await breaks.take()
    }
    return { all, creates: finish(creates), others: finish(others) }
  }

  #begin(): { readonly rows: R[]; readonly encoder: CopyEncoder } {
    const encoder = this.#free.pop() ?? new CopyEncoder()
    encoder.reset()
    return { rows: [], encoder }
  }

  release({ creates, others }: PreparedRows<R>): void {
    this.#free.push(creates.encoder, others.encoder)
  }

  /** Copies creates straight in: each is one row more. Fails with a unique violation where one is stored already. */
  async copyCreates(client: pg.Client, { creates }: PreparedRows<R>): Promise<void> {
    await this.#copy(client, this.#name, creates)
  }

  /** As `mergeAll`, what is no create. */
  async mergeOthers(
    client: pg.Client,
    { others }: PreparedRows<R>,
    changes: Changes,
  ): Promise<void> {
    await this.#mergeParts(client, [others], changes)
  }

  /** Inserts rows or replaces what stands there, where their revision is greater. Tells `changes` what changed. */
  async mergeAll(
    client: pg.Client,
    { creates, others }: PreparedRows<R>,
    changes: Changes,
  ): Promise<void> {
    await this.#mergeParts(client, [creates, others], changes)
  }

  async #mergeParts(
    client: pg.Client,
    parts: readonly EncodedRows<R>[],
    changes: Changes,
  ): Promise<void> {
    const rows = parts.flatMap((part) => part.rows)
    if (rows.length === 0) return
    for (const part of parts) await this.#copy(client, this.#staging, part)
    const { rows: written } = await client.query<WrittenRow>({
      name: `merge-${this.#name}`,
      text: this.#merge,
    })
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const { id, now, ...old } of written) {
      const row = byId.get(parseId(id))
      if (row) changes.add(now ? { ...row, ...readOutcome(now) } : row, 1)
      if (old.operation !== null) changes.add(readStored({ ...old, operation: old.operation }), -1)
    }
  }

  async #copy(client: pg.Client, table: string, { encoded }: EncodedRows<R>): Promise<void> {
    if (encoded) await copyInto(client, table, this.#columns.names, encoded)
  }
}

function finish<R>({ rows, encoder }: Omit<EncodedRows<R>, 'encoded'>): EncodedRows<R> {
  return { rows, encoder, encoded: encoder.finish() }
}

/** What a merge made of a row, and what stood there before; nulls where nothing did. */
interface WrittenRow extends Omit<StoredColumns, 'operation'> {
  readonly id: string
  readonly operation: Operation | null
  /** Null where the row is what was staged. */
  readonly now: Outcome | null
}

/** What the row of a record is after a merge: a tombstone keeps or learns whom it was about. */
interface Outcome {
  readonly operation: Operation
  readonly timeUs: number
  readonly subject: string | null
  readonly hidden: boolean
}

function readOutcome({ operation, timeUs, subject, hidden }: Outcome): Partial<Countable> {
  return { operation, timeUs, hidden, subject: subject === null ? null : parseId(subject) }
}

function mergeStatement(
  table: 'bluesky_post' | 'bluesky_record',
  staging: string,
  columns: readonly string[],
): string {
  const replaced = columns.filter((column) => column !== 'id')
  const isPost = table === 'bluesky_post'
  return `
    insert into ${table} as stored (${columns.join(', ')})
    select ${columns.join(', ')}
    from ${staging}
    order by id
    on conflict (id) do update
    set ${isPost ? `${replaced.map(replace).join(', ')}, updated_at = now()` : replaced.map(replaceLater).join(', ')}
    where stored.rev < excluded.rev
       ${isPost ? '' : `or ${learnsSubject}`}
    returning
      new.id as "id",
      ${isPost ? 'null' : outcome} as "now",
      ${storedColumns(table, 'old')}`
}

/** Only where a row was replaced: another one is what was staged. */
const outcome = `case when old.id is not null then json_build_object(
        'operation', new.operation, 'timeUs', new.time_us, 'subject', new.subject, 'hidden', new.hidden
      ) end`

function replace(column: string): string {
  return `${column} = excluded.${column}`
}

const tied = collections
  .filter(({ tie }) => tie !== undefined)
  .map(({ nsid }) => `'${nsid}'`)
  .join(', ')

/** What comes late and is older than the tombstone of a follow or block tells whom it was about. */
const learnsSubject = `(
         stored.operation = 'delete' and stored.subject is null and excluded.subject is not null
         and stored.collection in (${tied})
       )`

function replaceLater(column: string): string {
  const later = 'stored.rev < excluded.rev'
  if (column !== 'subject') {
    return `${column} = case when ${later} then excluded.${column} else stored.${column} end`
  }
  return `subject = case
          when excluded.operation = 'delete' and excluded.subject is null and stored.collection in (${tied}) then stored.subject
          else excluded.subject
        end`
}
