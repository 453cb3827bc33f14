import type { Draws } from './draws.ts'
import { type DeletableKind, deletedAges } from './mix.ts'
import { createQuantiles } from './skew.ts'
import { kindStreams } from './streams.ts'
import type { Traffic } from './traffic.ts'

/** A record that is deleted: a member of the index-th happening of its kind in a second. */
export interface Deletion {
  readonly second: number
  readonly index: number
  readonly member: number
  /** When in the second of the delete, [0, 1). */
  readonly moment: number
}

/** What was made in a cell, in order, and how many records that is. */
interface Cell {
  readonly made: readonly {
    readonly second: number
    readonly index: number
    readonly size: number
  }[]
  readonly total: number
}

/** What of a kind is deleted in a second. No record is named twice. */
export type Deletions = (second: number) => readonly Deletion[]

export interface DeletionsOptions {
  /** Deletes per second. */
  readonly mean: number
  /** Happenings of the kind per second. */
  readonly creates: number
  readonly traffic: Traffic
  /** Multiple of the mean at a second. */
  readonly activity: (second: number) => number
  /** How many records a happening made: the follows of a run, otherwise one. */
  readonly sizeOf: (second: number, index: number) => number
  /** A generator for this object alone. */
  readonly own: Draws
}

const tracks = 32
/** A cell should hold so many records, so that few are chosen twice; but ages must stay finer than a minute. */
const cellRecords = 200
const longestCell = 60
/**
 * Time is cut into cells long enough to hold some records of the kind. Each of 32 tracks has an age in cells: in a cell it
 * may delete records of the one cell that is so much older. So all deletes that can meet in a cell are known from that cell,
 * and of two that name the same record only the one on the lower track (or drawn first) happens.
 */
export function createDeletions(kind: DeletableKind, options: DeletionsOptions): Deletions {
  const { mean, creates, traffic, activity, sizeOf, own } = options
  const cellSeconds = Math.min(longestCell, Math.max(1, Math.ceil(cellRecords / creates)))
  const perTrack = (mean * cellSeconds) / tracks
  const ageOf = createQuantiles(deletedAges, 'log')
  const ages = Array.from({ length: tracks }, (_, track) =>
    Math.max(1, Math.round(ageOf((track + 0.5) / tracks) / cellSeconds)),
  )

  /** Deletes of the last few cells by the second they fall into; asked for once a second, worked out once a cell. */
  const recent = new Map<number, ReadonlyMap<number, readonly Deletion[]>>()

  /** Goes to what is drawn for the n-th delete of a track in a cell of records; -1 draws how many there are. */
  function drawsAt(cell: number, track: number, n: number): Draws {
    return own.at(kindStreams[kind].deletion, cell, track + (n + 1) * tracks)
  }

  function countOf(cell: number, track: number): number {
    const now = (cell + (ages[track] ?? 1)) * cellSeconds
    const expected = perTrack * activity(now)
    return Math.floor(expected + drawsAt(cell, track, -1).unit())
  }

  function ordinalOf(cell: number, track: number, n: number, total: number): number {
    return Math.floor(drawsAt(cell, track, n).unit() * total)
  }

  function isTaken(cell: number, track: number, n: number, total: number): boolean {
    const ordinal = ordinalOf(cell, track, n, total)
    for (let other = 0; other <= track; other++) {
      const count = other === track ? n : countOf(cell, other)
      for (let m = 0; m < count; m++) {
        if (ordinalOf(cell, other, m, total) === ordinal) return true
      }
    }
    return false
  }

  function readCell(cell: number): Cell {
    const made = Array.from({ length: cellSeconds }, (_, i) => cell * cellSeconds + i).flatMap(
      (second) =>
        Array.from({ length: traffic(kind, second) }, (_, index) => ({
          second,
          index,
          size: sizeOf(second, index),
        })),
    )
    return { made, total: made.reduce((sum, { size }) => sum + size, 0) }
  }

  function deletionsOf(now: number): ReadonlyMap<number, readonly Deletion[]> {
    const found = new Map<number, Deletion[]>()
    for (let track = 0; track < tracks; track++) {
      const cell = now - (ages[track] ?? 1)
      const count = countOf(cell, track)
      if (count === 0) continue
      const { made, total } = readCell(cell)
      for (let n = 0; n < count && total > 0; n++) {
        if (isTaken(cell, track, n, total)) continue
        const draws = drawsAt(cell, track, n)
        const record = memberAt(made, Math.floor(draws.unit() * total))
        const second = now * cellSeconds + draws.below(cellSeconds)
        const deletions = found.get(second) ?? []
        deletions.push({ ...record, moment: draws.unit() })
        found.set(second, deletions)
      }
    }
    return found
  }

  return (second) => {
    const now = Math.floor(second / cellSeconds)
    let deletions = recent.get(now)
    if (!deletions) {
      deletions = deletionsOf(now)
      if (recent.size > 4) recent.clear()
      recent.set(now, deletions)
    }
    return deletions.get(second) ?? []
  }
}

function memberAt(made: Cell['made'], ordinal: number): Omit<Deletion, 'moment'> {
  let member = ordinal
  for (const { second, index, size } of made) {
    if (member < size) return { second, index, member }
    member -= size
  }
  throw new RangeError('an ordinal is below the total')
}
