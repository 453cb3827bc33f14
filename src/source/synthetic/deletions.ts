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

interface Made {
  readonly second: number
  readonly index: number
  readonly size: number
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
/** Numbers that each delete draws: which record, which second of the cell, when in the second. */
const drawsEach = 3

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

  /** What was made in the cells that the tracks look at now. */
  const recent = new Map<number, readonly Made[]>()

  /** Goes to where the n-th delete of a track in a cell of records is drawn. */
  function drawsAt(cell: number, track: number, n: number): Draws {
    own.at(kindStreams[kind].deletion, cell, track)
    for (let skip = 0; skip < 1 + n * drawsEach; skip++) own.unit()
    return own
  }

  function countOf(cell: number, track: number): number {
    const now = (cell + (ages[track] ?? 1)) * cellSeconds
    const expected = perTrack * activity(now)
    return Math.floor(expected + own.at(kindStreams[kind].deletion, cell, track).unit())
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

  function madeIn(cell: number): readonly Made[] {
    const known = recent.get(cell)
    if (known) return known
    const made = Array.from({ length: cellSeconds }, (_, i) => cell * cellSeconds + i).flatMap(
      (second) =>
        Array.from({ length: traffic(kind, second) }, (_, index) => ({
          second,
          index,
          size: sizeOf(second, index),
        })),
    )
    if (recent.size > 4 * tracks) recent.clear()
    recent.set(cell, made)
    return made
  }

  function recordOf(cell: number, track: number, n: number): Omit<Deletion, 'moment'> | null {
    const made = madeIn(cell)
    const total = made.reduce((sum, { size }) => sum + size, 0)
    if (total === 0 || isTaken(cell, track, n, total)) return null
    let member = ordinalOf(cell, track, n, total)
    for (const { second, index, size } of made) {
      if (member < size) return { second, index, member }
      member -= size
    }
    return null
  }

  return (second) => {
    const found: Deletion[] = []
    const now = Math.floor(second / cellSeconds)
    for (let track = 0; track < tracks; track++) {
      const cell = now - (ages[track] ?? 1)
      const count = countOf(cell, track)
      for (let n = 0; n < count; n++) {
        const draws = drawsAt(cell, track, n)
        draws.unit()
        if (now * cellSeconds + draws.below(cellSeconds) !== second) continue
        const moment = draws.unit()
        const record = recordOf(cell, track, n)
        if (record) found.push({ ...record, moment })
      }
    }
    return found
  }
}
