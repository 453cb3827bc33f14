import type pg from 'pg'
import type { Countable } from '../dimensions/dimension.ts'
import type { Operation } from '../event/event.ts'
import { type Id, parseId } from '../event/ids.ts'
import { foldLanguages } from '../event/language.ts'
import { type Columns, encodeRows } from './columns.ts'
import { copyInto } from './copy.ts'
import type { CountDeltas } from './count-deltas.ts'

/** A table whose rows are records: the last operation on each, guarded by rev. */
export interface RecordTable<Row extends Countable & { readonly id: Id }> {
  readonly name: 'bluesky_post' | 'bluesky_record'
  readonly staging: string
  readonly columns: Columns<Row>
}

/**
 * Writes the rows of one table within the caller's transaction and tells `counts` what changed.
 *
 * Creates are copied straight in, on the bet that none is there already: the cheapest way by a third (measured in
 * docs/benchmarks.md). A lost bet costs the copy; after one, the next batches are merged without betting, twice as many
 * each time, so that a replay pays for few. Updates and deletes are always merged.
 */
export class RowWriter<Row extends Countable & { readonly id: Id }> {
  readonly #table: RecordTable<Row>
  #patience = 0
  #mergesLeft = 0

  constructor(table: RecordTable<Row>) {
    this.#table = table
  }

  async write(client: pg.Client, rows: Iterable<Row>, counts: CountDeltas): Promise<void> {
    const creates: Row[] = []
    const others: Row[] = []
    for (const row of rows) (row.operation === 'create' ? creates : others).push(row)
    if (!(await this.#tryCopy(client, creates))) {
      await this.#merge(client, [...creates, ...others], counts)
      return
    }
    for (const row of creates) counts.add(row, 1)
    await this.#merge(client, others, counts)
  }

  async #tryCopy(client: pg.Client, creates: readonly Row[]): Promise<boolean> {
    const rows = this.#mergesLeft > 0 ? null : encodeRows(this.#table.columns, creates)
    if (!rows) {
      if (creates.length > 0) this.#mergesLeft -= 1
      return creates.length === 0
    }
    await client.query('savepoint copying')
    try {
      await copyInto(client, this.#table.name, this.#table.columns.names, rows)
      await client.query('release savepoint copying')
      this.#patience = 0
      return true
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      await client.query('rollback to savepoint copying')
      this.#patience = Math.min(64, this.#patience * 2 + 1)
      this.#mergesLeft = this.#patience
      return false
    }
  }

  async #merge(client: pg.Client, rows: readonly Row[], counts: CountDeltas): Promise<void> {
    const encoded = encodeRows(this.#table.columns, rows)
    if (!encoded) return
    const { name, staging, columns } = this.#table
    await copyInto(client, staging, columns.names, encoded)
    const { rows: written } = await client.query<WrittenRow>(
      mergeStatement(name, staging, columns.names),
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const { id, ...old } of written) {
      const row = byId.get(parseId(id))
      if (row) counts.add(row, 1)
      if (old.operation !== null) counts.add(readOld(old), -1)
    }
  }
}

interface WrittenRow {
  readonly id: string
  readonly operation: Operation | null
  readonly collection: string
  readonly timeUs: number
  readonly langs?: readonly string[] | null
  readonly tags?: readonly string[] | null
  readonly domains?: readonly string[] | null
}

/** Inserts or replaces by revision and returns, for each row that was written, what stood there before. */
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

function readOld(old: Omit<WrittenRow, 'id'> & { operation: Operation | null }): Countable {
  const { collection, timeUs, langs } = old
  return {
    collection,
    timeUs,
    operation: old.operation ?? 'delete',
    languages: langs ? foldLanguages(langs) : [],
    tags: old.tags ?? [],
    domains: old.domains ?? [],
  }
}

function isUniqueViolation(error: unknown): boolean {
  return Object(error).code === '23505'
}
