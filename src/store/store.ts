/**
 * Store: frames in, rows out.
 *
 * Owns the write path to PostgreSQL. One batch is one transaction: rows, counts, gaps and the reader's position together.
 * Guarantees: storing a batch twice, or cut otherwise, changes no row and no number; the position never runs ahead of its
 * rows; a message that cannot be stored is set aside with its reason and the rest of its batch is stored. Never: answers
 * questions, knows where frames come from, drops one silently.
 */
import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import { explain, openClient } from '../db/pool.ts'
import { isConflict } from '../db/sql-states.ts'
import { AppError } from '../errors.ts'
import { decodeFrame } from '../event/decode.ts'
import type { Chunk, Position } from '../event/frame.ts'
import { type Activity, activityOf, copyActivity, mergeActivity } from './activity.ts'
import { AuthorCounts } from './author-counts.ts'
import { Batch, type DeadLetter } from './batch.ts'
import { Bet } from './bet.ts'
import { Breaks } from './breaks.ts'
import { Changes } from './changes.ts'
import { CollectionWriter } from './collection-writer.ts'
import { deadLetterColumns, encodeRows, postColumns, recordColumns } from './columns.ts'
import { copyInto } from './copy.ts'
import { type Horizons, readHorizons, rowsHorizonUs } from './horizons.ts'
import { KnownUsers, rememberStored } from './known-users.ts'
import { PositionKeeper } from './position-keeper.ts'
import { type PreparedRows, RecordTable } from './record-table.ts'
import type { PostRow, RecordRow } from './rows.ts'
import { Partitions } from './space/partitions.ts'
import { createStaging, mergeDeadLetters } from './staging.ts'
import {
  judgePosts,
  judgeRecords,
  readStandings,
  type Standing,
  writeStandings,
} from './standing.ts'
import { writeUsers } from './user-writer.ts'

export interface StoreOptions {
  readonly url: string
  /**
   * Name of the stream whose position is kept: `jetstream`, `synthetic:<seed>`, `file:<digest>`, `kafka:<topic>`. Null for
   * frames that belong to none.
   */
  readonly source: string | null
  /** Log partition; writers of different partitions never wait for one another. */
  readonly part?: number
}

interface PreparedTables {
  readonly records: PreparedRows<RecordRow>
  readonly posts: PreparedRows<PostRow>
}

/** A batch with everything done that does not need the database. */
export interface PreparedBatch extends PreparedTables {
  readonly batch: Batch
}

/** Where a batch ends in a log that outlives the process; see `LogBatch`. */
export interface LogPlace {
  readonly next: number
  readonly watermark: Position | null
}

/** What came of a batch. */
export interface Stored {
  /** What could not be stored and is set aside: not decodable, or refused by the database. */
  readonly deadLetters: readonly DeadLetter[]
  /** Records of days that were dropped, which are not stored again. */
  readonly agedOut: number
}

export interface Store extends AsyncDisposable {
  /** Position of the last stored frame, or null where nothing of this source is stored. */
  readonly position: Position | null
  /** Offset of the log to read on from, or null where nothing says so. */
  readonly offset: number | null
  /** Decodes, folds and encodes a chunk, ahead of storing it; yields to the event loop all the while. */
  prepare(chunk: Chunk): Promise<PreparedBatch>
  /**
   * Stores a batch. Throws `AppError` `DATABASE_UNAVAILABLE` (try the same batch again on a new store) or `POSITION_MOVED`
   * (another writer stores this source or this partition: nothing of the batch is stored).
   */
  write(prepared: PreparedBatch, place?: LogPlace | null): Promise<Stored>
}

/** What the rows of a batch change about numbers. */
interface Written {
  readonly changes: Changes
  readonly authors: AuthorCounts
}

const maxConflicts = 10

/** Connects one writer for one source. Throws `AppError` `DATABASE_UNAVAILABLE`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const client = await openClient({
    url: options.url,
    statementTimeoutMs: 0,
    applicationName: `store ${options.source ?? 'dead letters'}`,
  })
  try {
    await createStaging(client)
    const keeper = await PositionKeeper.open(client, options.source, options.part ?? 0)
    return new PostgresStore(client, keeper, options.part ?? 0)
  } catch (cause) {
    await client.end()
    throw explain(cause)
  }
}

class PostgresStore implements Store {
  readonly #client: pg.Client
  readonly #keeper: PositionKeeper
  readonly #part: number
  readonly #partitions = new Partitions()
  readonly #bet = new Bet()
  readonly #known = new KnownUsers()
  readonly #collections = new CollectionWriter()
  readonly #posts = new RecordTable<PostRow>('bluesky_post', 'staging_post', postColumns)
  readonly #records = new RecordTable<RecordRow>('bluesky_record', 'staging_record', recordColumns)

  constructor(client: pg.Client, keeper: PositionKeeper, part: number) {
    this.#client = client
    this.#keeper = keeper
    this.#part = part
  }

  get position(): Position | null {
    return this.#keeper.position
  }

  get offset(): number | null {
    return this.#keeper.offset
  }

  async prepare(chunk: Chunk): Promise<PreparedBatch> {
    const batch = new Batch(this.#known)
    batch.gaps.push(...chunk.gaps)
    const breaks = new Breaks()
    for (const frame of chunk.frames) {
      batch.add(frame)
      if (breaks.due()) await breaks.take()
    }
    return { batch, ...(await this.#encode(batch.records.values(), batch.posts.values())) }
  }

  async #encode(records: Iterable<RecordRow>, posts: Iterable<PostRow>): Promise<PreparedTables> {
    return {
      records: await this.#records.prepare(records),
      posts: await this.#posts.prepare(posts),
    }
  }

  #release({ records, posts }: PreparedTables): void {
    this.#records.release(records)
    this.#posts.release(posts)
  }

  async write(prepared: PreparedBatch, place: LogPlace | null = null): Promise<Stored> {
    let stored: Stored
    try {
      await this.#makePartitions(prepared)
      const agedOut = await this.#transactAgain(prepared, place)
      stored = { deadLetters: prepared.batch.deadLetters, agedOut }
    } catch (error) {
      if (!isDataError(error)) throw explain(error)
      stored = await this.#split(prepared.batch, place, error)
    }
    this.#release(prepared)
    return stored
  }

  /**
   * Two writers of one database, such as a replay beside a start, may lock the same rows in opposite order; PostgreSQL then
   * ends one of them. Merging goes in the order of the ids, so without a bet the second try meets no such writer again.
   */
  async #transactAgain(prepared: PreparedBatch, place: LogPlace | null): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transact(prepared, place)
      } catch (error) {
        if (!isConflict(error) || attempt === maxConflicts) throw error
        this.#bet.lost()
      }
    }
  }

  async #makePartitions({ posts, records }: PreparedBatch): Promise<void> {
    const times = [...posts.all, ...records.all].map(({ timeUs }) => timeUs)
    for (const day of this.#partitions.missing(times)) {
      await this.#partitions.create(this.#client, day)
    }
  }

  /** Returns how many rows are too old to be stored again. */
  async #transact(prepared: PreparedBatch, place: LogPlace | null): Promise<number> {
    const client = this.#client
    const { batch } = prepared
    let horizons: Horizons
    await client.query('begin')
    try {
      const { next = null, watermark = null } = place ?? {}
      horizons = await readHorizons(client)
      const horizonUs = rowsHorizonUs(horizons)
      await this.#keeper.advance(client, { frames: batch.frames, next, watermark, horizonUs })
      const newcomers = new AuthorCounts()
      const writing = writeUsers(client, batch.users.values(), newcomers)
      const activity = activityOf(batch.users.values(), horizons) // while PostgreSQL is at that
      await writing
      await writeStandings(client, batch.users.values())
      const { changes, authors } = await this.#writeJudged(prepared, activity, horizons)
      authors.addAll(newcomers)
      await changes.write(client, this.#part, authors)
      await this.#collections.write(client, batch.collections)
      await writeDeadLetters(client, batch)
      await this.#keeper.record(client, batch, horizonUs)
      await client.query('commit')
    } catch (error) {
      this.#keeper.forget()
      await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
      throw error
    }
    this.#keeper.confirm()
    this.#collections.confirm(batch.collections)
    for (const { known, activity } of batch.users.values()) rememberStored(known, activity)
    return countAgedOut(prepared, horizons)
  }

  /** Rows of accounts in the deletion ledger are written as it says, and rows that have aged out not again. */
  async #writeJudged(
    prepared: PreparedBatch,
    activity: Activity,
    horizons: Horizons,
  ): Promise<Written> {
    const { batch } = prepared
    const ids = [...batch.users.values()].map(({ id }) => id)
    const standings = await readStandings(this.#client, ids)
    // Most of the accounts that the ledger knows are spoken about, and wrote nothing.
    const wrote = ({ did }: Standing) => (batch.users.get(did)?.activity.length ?? 0) > 0
    if (horizons.size === 0 && ![...standings.values()].some(wrote)) {
      return this.#writeRows(prepared, activity)
    }
    const records = judgeRecords(prepared.records.all, standings, horizons)
    const posts = judgePosts(prepared.posts.all, standings, horizons)
    if (records === prepared.records.all && posts === prepared.posts.all) {
      return this.#writeRows(prepared, activity)
    }
    const judged = await this.#encode(records, posts)
    try {
      return await this.#writeRows(judged, activity)
    } finally {
      this.#release(judged)
    }
  }

  /** Creates and first activity are copied in on a bet, or merged where it is off or lost; everything else is merged. */
  async #writeRows({ records, posts }: PreparedTables, activity: Activity): Promise<Written> {
    const client = this.#client
    const { hours, days } = activity
    if (this.#bet.isOn()) {
      const [changes, authors] = [new Changes(), new AuthorCounts()]
      await client.query('savepoint bet')
      try {
        await copyActivity(client, activity, authors)
        await this.#records.copyCreates(client, records)
        await this.#posts.copyCreates(client, posts)
        this.#bet.won()
        const merging = mergeActivity(client, { hours: hours.others, days: days.others }, authors)
        // While PostgreSQL is at that, what was copied is counted.
        for (const row of records.creates.rows) changes.add(row, 1)
        for (const row of posts.creates.rows) changes.add(row, 1)
        await merging
        await this.#records.mergeOthers(client, records, changes)
        await this.#posts.mergeOthers(client, posts, changes)
        return { changes, authors }
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        await client.query('rollback to savepoint bet')
        this.#bet.lost()
      }
    }
    const [changes, authors] = [new Changes(), new AuthorCounts()]
    const all = ({ firsts, others }: Activity['hours']) => [...firsts, ...others]
    await mergeActivity(client, { hours: all(hours), days: all(days) }, authors)
    await this.#records.mergeAll(client, records, changes)
    await this.#posts.mergeAll(client, posts, changes)
    return { changes, authors }
  }

  /** Stores a batch that PostgreSQL refuses in halves, until the message at fault is alone and set aside. */
  async #split(batch: Batch, place: LogPlace | null, error: unknown): Promise<Stored> {
    const [only, ...others] = batch.frames
    if (!only) throw error
    if (others.length === 0) {
      const aside = new Batch(this.#known)
      aside.frames.push(only)
      aside.gaps.push(...batch.gaps)
      const reason = `refused by the database: ${(error as Error).message}`
      aside.deadLetters.push({
        frame: only,
        did: decodeFrame(only.bytes, only.receivedUs).did,
        timeUs: only.position.timeUs,
        reason,
        asBytes: true,
      })
      await this.#transact({ batch: aside, ...(await this.#encode([], [])) }, place)
      return { deadLetters: aside.deadLetters, agedOut: 0 }
    }
    const middle = Math.ceil(batch.frames.length / 2)
    const [first, second] = [batch.frames.slice(0, middle), batch.frames.slice(middle)]
    // Only behind both halves may the log be read on from behind the batch.
    const before = place && { next: this.#keeper.offset ?? 0, watermark: null }
    const head = await this.write(await this.prepare({ frames: first, gaps: batch.gaps }), before)
    const tail = await this.write(await this.prepare({ frames: second, gaps: [] }), place)
    return {
      deadLetters: [...head.deadLetters, ...tail.deadLetters],
      agedOut: head.agedOut + tail.agedOut,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined) // it may be the lost connection that ended us
  }
}

function countAgedOut({ records, posts }: PreparedTables, horizons: Horizons): number {
  if (horizons.size === 0) return 0
  const recordsUs = horizons.get('bluesky_record') ?? 0
  const postsUs = horizons.get('bluesky_post') ?? 0
  return (
    records.all.filter(({ timeUs }) => timeUs < recordsUs).length +
    posts.all.filter(({ timeUs }) => timeUs < postsUs).length
  )
}

async function writeDeadLetters(client: pg.Client, batch: Batch): Promise<void> {
  const rows = encodeRows(new CopyEncoder(), deadLetterColumns, batch.deadLetters)
  if (!rows) return
  await copyInto(client, 'staging_message', deadLetterColumns.names, rows)
  await mergeDeadLetters(client)
}

function isUniqueViolation(error: unknown): boolean {
  return Object(error).code === '23505'
}

/** SQLSTATE classes that are about the data of a row: 22 data exception, 23 integrity, 54 program limit. */
function isDataError(error: unknown): boolean {
  return !(error instanceof AppError) && /^(22|23|54)/.test(String(Object(error).code))
}
