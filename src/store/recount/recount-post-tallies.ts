import type pg from 'pg'
import { CopyEncoder } from '../../db/copy-encoder.ts'
import type { Countable, Dimension } from '../../dimensions/dimension.ts'
import type { Id } from '../../event/ids.ts'
import { copyInto } from '../copy.ts'
import { dimensionsOf, hasSubjects, type Scope } from './recount-scope.ts'

const hourUs = 3_600_000_000
/** So many rows are held before they are to be written; 100 bytes each. */
const most = 100_000
const authorColumns = ['stored', 'bucket', 'dimension', 'key', 'user_id', 'n'] as const
const answerColumns = ['stored', 'subject', 'hour', 'replies', 'quotes'] as const

/** What live posts say about their authors, and about the posts that they answer and quote. PostgreSQL adds it up. */
export class PostTallies {
  readonly #authored: readonly Dimension[]
  readonly #hasSubjects: boolean
  readonly #authors = new CopyEncoder()
  readonly #answers = new CopyEncoder()
  #size = 0

  constructor(scope: Scope) {
    this.#authored = dimensionsOf(scope).filter(({ authors }) => authors)
    this.#hasSubjects = hasSubjects(scope)
  }

  get isFull(): boolean {
    return this.#size >= most
  }

  add(row: Countable): void {
    const hour = Math.floor(row.timeUs / hourUs)
    for (const { name, keys } of this.#authored) {
      for (const key of keys(row)) this.#addAuthor(name, key, row.userId, hour)
    }
    if (!this.#hasSubjects || !row.post) return
    const { replyTo, quoted } = row.post
    if (replyTo !== null) this.#addAnswer(replyTo, hour, 1, 0)
    if (quoted !== null) this.#addAnswer(quoted, hour, 0, 1)
  }

  /** Copies what was added since the last time. */
  async write(client: pg.Client): Promise<void> {
    const authors = this.#authors.finish()
    if (authors) await copyInto(client, 'recount_author_key', authorColumns, authors)
    const answers = this.#answers.finish()
    if (answers) await copyInto(client, 'recount_engagement', answerColumns, answers)
    this.#authors.reset()
    this.#answers.reset()
    this.#size = 0
  }

  #addAuthor(dimension: string, key: string, userId: Id, hour: number): void {
    const to = this.#authors
    to.row(authorColumns.length)
    to.bool(false)
    to.timestamp(hour * hourUs)
    to.text(dimension)
    to.text(key)
    to.uuid(userId)
    to.int8(1)
    this.#size += 1
  }

  #addAnswer(subject: Id, hour: number, replies: number, quotes: number): void {
    const to = this.#answers
    to.row(answerColumns.length)
    to.bool(false)
    to.uuid(subject)
    to.int8(hour)
    to.int8(replies)
    to.int8(quotes)
    this.#size += 1
  }
}
