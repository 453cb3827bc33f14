import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import type { Operation } from '../event/event.ts'
import { type Id, parseId } from '../event/ids.ts'
import { foldLanguages } from '../event/language.ts'
import { type Columns, encodeRows } from './columns.ts'
import { copyInto } from './copy.ts'
import type { CountDeltas } from './count-deltas.ts'

type Row = Countable & { readonly id: Id }

/** The rows of a batch, those to be copied already in COPY format. */
export interface PreparedRows<R> {
  readonly all: readonly R[]
  readonly creates: readonly R[]
  readonly others: readonly R[]
  readonly encoder: CopyEncoder
  /** The creates, in the encoder's memory. */
  readonly encoded: Buffer | null
}

/**
 * A table whose rows are records, each the last operation on it, guarded by its revision. Both ways of writing tell `counts`
 * what changed; both belong into the caller's transaction.
 */
export class RecordTable<R extends Row> {
  readonly #name: 'bluesky_post' | 'bluesky_record'
  readonly #staging: string
  readonly #columns: Columns<R>
  readonly #mergeEncoder = new CopyEncoder()
  /** Encoders whose batch is stored; there are as many as batches prepared at a time, which is two. */
  readonly #free: CopyEncoder[] = []

  constructor(name: 'bluesky_post' | 'bluesky_record', staging: string, columns: Columns<R>) {
    this.#name = name
    this.#staging = staging
    this.#columns = columns
  }

  /** Splits and encodes the rows of a batch, ahead of their transaction. Give it back with `release` when they are stored. */
  prepare(rows: Iterable<R>): PreparedRows<R> {
    const all = [...rows]
    const creates = all.filter(({ operation }) => operation === 'create')
    const encoder = this.#free.pop() ?? new CopyEncoder()
    return {
      all,
      creates,
      others:
        creates.length === all.length ? [] : all.filter(({ operation }) => operation !== 'create'),
      encoder,
      encoded: encodeRows(encoder, this.#columns, creates),
    }
  }

  release({ encoder }: PreparedRows<R>): void {
    this.#free.push(encoder)
  }

  /** Copies creates straight in. Fails with a unique violation where one is stored already. */
  async copy(client: pg.Client, rows: PreparedRows<R>, counts: CountDeltas): Promise<void> {
    if (!rows.encoded) return
    await copyInto(client, this.#name, this.#columns.names, rows.encoded)
    for (const row of rows.creates) counts.add(row, 1)
  }

  /** Inserts rows or replaces what stands there, where their revision is greater. */
  async merge(client: pg.Client, rows: readonly R[], counts: CountDeltas): Promise<void> {
    const encoded = encodeRows(this.#mergeEncoder, this.#columns, rows)
    if (!encoded) return
    await copyInto(client, this.#staging, this.#columns.names, encoded)
    const { rows: written } = await client.query<WrittenRow>(
      mergeStatement(this.#name, this.#staging, this.#columns.names),
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const { id, ...old } of written) {
      const row = byId.get(parseId(id))
      if (row) counts.add(row, 1)
      if (old.operation !== null) counts.add(readOld(old, old.operation), -1)
    }
  }
}

interface WrittenRow {
  readonly id: string
  /** What stood there before; nulls where nothing did. */
  readonly operation: Operation | null
  readonly collection: string
  readonly timeUs: number
  readonly langs?: readonly string[] | null
  readonly tags?: readonly string[] | null
  readonly domains?: readonly string[] | null
}

function mergeStatement(table: string, staging: string, columns: readonly string[]): string {
  const replaced = columns.filter((column) => column !== 'id')
  const content = ['langs', 'tags', 'domains'].filter((column) => columns.includes(column))
  return `
    insert into ${table} as stored (${columns.join(', ')})
    select ${columns.join(', ')}
    from ${staging}
    order by id
    on conflict (id) do update
    set ${replaced.map((column) => `${column} = excluded.${column}`).join(', ')}
        ${table === 'bluesky_post' ? ', updated_at = now()' : ''}
    where stored.rev < excluded.rev
    returning
      new.id as "id",
      old.operation as "operation",
      old.collection as "collection",
      old.time_us as "timeUs"
      ${content.map((column) => `, old.${column} as "${column}"`).join('')}`
}

function readOld(old: Omit<WrittenRow, 'id'>, operation: Operation): Countable {
  const { collection, timeUs, langs, tags, domains } = old
  return {
    collection,
    timeUs,
    operation,
    languages: langs ? foldLanguages(langs) : [],
    tags: tags ?? [],
    domains: domains ?? [],
  }
}
