import type pg from 'pg'
import { AppError } from '../errors.ts'
import type { Frame, Gap, Position, Wire } from '../event/frame.ts'
import { firstNetworkUs } from '../event/time.ts'
import { type CoveredMinute, writeCoverage } from './coverage.ts'

interface Kept {
  readonly version: number
  readonly position: Position | null
  readonly offset: number | null
}

/** What a batch says about what came and what did not. */
export interface Received {
  readonly gaps: readonly Gap[]
  readonly coverage: ReadonlyMap<number, CoveredMinute>
}

/** What a batch moves the position over. */
export interface Step {
  readonly frames: readonly Frame[]
  /** Offset of the log behind the batch; null for a log in memory, whose offsets mean nothing to another process. */
  readonly next: number | null
  /** Up to here the log has everything, though no frame of this batch may say so. */
  readonly watermark: Position | null
  /** What came before, network time in µs, is not stored again and so not received either. */
  readonly horizonUs: number
}

/**
 * How far a source is stored. Moved within the transaction that stores the rows, and only from the version it was read at,
 * so that of two writers of one source the later one fails instead of writing.
 */
export class PositionKeeper {
  readonly #source: string | null
  readonly #part: number
  #kept: Kept
  #pending: Kept | null = null

  private constructor(source: string | null, part: number, kept: Kept) {
    this.#source = source
    this.#part = part
    this.#kept = kept
  }

  /** @param source null for what belongs to no stream, such as messages that were set aside: nothing is kept then */
  static async open(
    client: pg.Client,
    source: string | null,
    part: number,
  ): Promise<PositionKeeper> {
    const none = { version: 0, position: null, offset: null }
    if (source === null) return new PositionKeeper(source, part, none)
    const { rows } = await client.query<Position & { version: number; offset: number | null }>(
      `select version as "version", host as "host", wire as "wire", seq as "seq", time_us as "timeUs", epoch as "epoch",
              next_offset as "offset"
       from position
       where source = $1 and part = $2`,
      [source, part],
    )
    const [row] = rows
    if (!row) return new PositionKeeper(source, part, none)
    const { version, host, seq, timeUs, epoch, offset } = row
    const position = timeUs === 0 ? null : { host, wire: row.wire as Wire, seq, timeUs, epoch }
    return new PositionKeeper(source, part, { version, position, offset })
  }

  get position(): Position | null {
    return this.#kept.position
  }

  /** Where to read the log on from; null where nothing says so. */
  get offset(): number | null {
    return this.#kept.offset
  }

  /** Moves the position behind a batch. Throws `AppError` `POSITION_MOVED` when another writer has moved it. */
  async advance(client: pg.Client, { frames, next, watermark, horizonUs }: Step): Promise<void> {
    const last = latest(frames.at(-1)?.position ?? null, watermark)
    if (this.#source === null || (!last && next === null)) return
    const { version, position } = this.#kept
    const to = last ?? position ?? nowhere
    const { rowCount } = await client.query(
      `insert into position as kept (source, part, version, host, wire, seq, time_us, first_time_us, epoch, next_offset)
       select $1, $2, 1, $4, $5, $6, $7, $8, $9, $10
       where $3 = 0 or exists (select from position where source = $1 and part = $2)
       on conflict (source, part) do update
       set version = kept.version + 1,
           host = excluded.host,
           wire = excluded.wire,
           seq = excluded.seq,
           time_us = excluded.time_us,
           first_time_us = coalesce(least(nullif(kept.first_time_us, 0), nullif(excluded.first_time_us, 0)), 0),
           epoch = excluded.epoch,
           next_offset = excluded.next_offset,
           updated_at = now()
       where kept.version = $3`,
      [
        this.#source,
        this.#part,
        version,
        to.host,
        to.wire,
        to.seq,
        to.timeUs,
        firstTimeUs(frames, watermark, horizonUs),
        to.epoch,
        next,
      ],
    )
    if (rowCount !== 1) {
      throw new AppError(
        'POSITION_MOVED',
        `another process stores ${this.#source} into this database`,
        {
          hint: 'Stop one of the two, or give one a database of its own.',
        },
      )
    }
    this.#pending = { version: version + 1, position: to === nowhere ? null : to, offset: next }
  }

  /** Notes what was received, and what is missing. Belongs into the transaction that stores the rows. */
  async record(client: pg.Client, { gaps, coverage }: Received, horizonUs: number): Promise<void> {
    if (this.#source === null) return
    const kept = new Map([...coverage].filter(([, { lastUs }]) => lastUs >= horizonUs))
    await writeCoverage(client, kept, { source: this.#source, part: this.#part })
    for (const gap of gaps) {
      await client.query(
        `insert into gap (source, host, from_us, to_us, reason)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing`,
        [this.#source, gap.host, gap.fromUs, gap.toUs, gap.reason],
      )
    }
  }

  /** The transaction is committed. */
  confirm(): void {
    if (this.#pending) this.#kept = this.#pending
    this.#pending = null
  }

  /** The transaction is rolled back. */
  forget(): void {
    this.#pending = null
  }
}

const nowhere: Position = { host: '', wire: 'v1', seq: null, timeUs: 0, epoch: 0 }

function latest(frame: Position | null, watermark: Position | null): Position | null {
  if (!frame || !watermark) return frame ?? watermark
  return watermark.timeUs > frame.timeUs ? watermark : frame
}

/** A frame whose time cannot be read says nothing about when listening began; 0 until one does. */
function firstTimeUs(
  frames: readonly Frame[],
  watermark: Position | null,
  horizonUs: number,
): number {
  const timesUs = [...frames.map(({ position }) => position.timeUs), watermark?.timeUs ?? 0]
  const sane = timesUs.filter((us) => us >= firstNetworkUs)
  return sane.length > 0
    ? Math.max(
        horizonUs,
        sane.reduce((a, b) => Math.min(a, b)),
      )
    : 0
}
