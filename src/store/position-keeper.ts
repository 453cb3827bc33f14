import type pg from 'pg'
import { AppError } from '../errors.ts'
import type { Frame, Gap, Position, Wire } from '../event/frame.ts'
import { firstNetworkUs } from '../event/time.ts'

interface Kept {
  readonly version: number
  readonly position: Position | null
}

/**
 * How far a source is stored. Moved within the transaction that stores the rows, and only from the version it was read at,
 * so that of two writers of one source the later one fails instead of writing.
 */
export class PositionKeeper {
  readonly #source: string
  readonly #part: number
  #kept: Kept
  #pending: Kept | null = null

  private constructor(source: string, part: number, kept: Kept) {
    this.#source = source
    this.#part = part
    this.#kept = kept
  }

  static async open(client: pg.Client, source: string, part: number): Promise<PositionKeeper> {
    const { rows } = await client.query<Position & { version: number }>(
      `select version as "version", host as "host", wire as "wire", seq as "seq", time_us as "timeUs", epoch as "epoch"
       from position
       where source = $1 and part = $2`,
      [source, part],
    )
    const [row] = rows
    if (!row) return new PositionKeeper(source, part, { version: 0, position: null })
    const { version, host, seq, timeUs, epoch } = row
    const position = { host, wire: row.wire as Wire, seq, timeUs, epoch }
    return new PositionKeeper(source, part, { version, position })
  }

  get position(): Position | null {
    return this.#kept.position
  }

  /** Moves the position behind the last of these frames. Throws `AppError` `POSITION_MOVED` when another writer has moved it. */
  async advance(client: pg.Client, frames: readonly Frame[]): Promise<void> {
    const last = frames.at(-1)?.position
    if (!last) return
    // A frame whose time cannot be read says nothing about when listening began; 0 until one does.
    const timesUs = frames
      .map(({ position }) => position.timeUs)
      .filter((us) => us >= firstNetworkUs)
    const firstUs = timesUs.length > 0 ? timesUs.reduce((a, b) => Math.min(a, b)) : 0
    const { version } = this.#kept
    const { rowCount } = await client.query(
      `insert into position as kept (source, part, version, host, wire, seq, time_us, first_time_us, epoch)
       select $1, $2, 1, $4, $5, $6, $7, $8, $9
       where $3 = 0 or exists (select from position where source = $1 and part = $2)
       on conflict (source, part) do update
       set version = kept.version + 1,
           host = excluded.host,
           wire = excluded.wire,
           seq = excluded.seq,
           time_us = excluded.time_us,
           first_time_us = coalesce(least(nullif(kept.first_time_us, 0), nullif(excluded.first_time_us, 0)), 0),
           epoch = excluded.epoch,
           updated_at = now()
       where kept.version = $3`,
      [
        this.#source,
        this.#part,
        version,
        last.host,
        last.wire,
        last.seq,
        last.timeUs,
        firstUs,
        last.epoch,
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
    this.#pending = { version: version + 1, position: last }
  }

  async record(client: pg.Client, gaps: readonly Gap[]): Promise<void> {
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
