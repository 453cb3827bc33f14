import type pg from 'pg'
import type { Countable } from '../dimensions/dimension.ts'
import { AuthorCounts } from './author-counts.ts'
import { CountDeltas } from './count-deltas.ts'
import { SubjectDeltas } from './subject-deltas.ts'

/** What the rows of a transaction change about all numbers: a row that appears is added once, one that goes is added −1 times. */
export class Changes {
  readonly #counts = new CountDeltas()
  readonly #subjects = new SubjectDeltas()

  add(row: Countable, n: number): void {
    this.#counts.add(row, n)
    this.#subjects.add(row, n)
  }

  /**
   * Writes them, under the writer's part, together with accounts that are new behind other numbers. Belongs into the
   * transaction that writes the rows.
   */
  async write(client: pg.Client, part: number, authors = new AuthorCounts()): Promise<void> {
    const counting = this.#counts.write(client, part, authors)
    const subjects = this.#subjects.encode(part) // while PostgreSQL is at that
    await counting
    for (const statement of subjects) await client.query(statement)
  }
}
