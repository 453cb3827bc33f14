import type { Grain } from '../../dimensions/dimension.ts'
import { dimensions } from '../../dimensions/registry.ts'
import type { DayRange } from './recount-range.ts'

/** Which numbers are recounted. */
export interface Scope {
  readonly range: DayRange
  /** Only these dimensions; null for all, and for what is no dimension. */
  readonly dimensions: readonly string[] | null
}

/** Different accounts that did anything: counted like a dimension, made from activity and not from rows. */
export const activeDimension = 'active'

/** Everything that can be named where a recount is to be of some dimensions only. */
export const recountable: readonly string[] = [
  activeDimension,
  ...dimensions.map(({ name }) => name),
].sort()

/** The registered dimensions of a scope. */
export function dimensionsOf({ dimensions: only }: Scope): typeof dimensions {
  return only === null ? dimensions : dimensions.filter(({ name }) => only.includes(name))
}

export function namesOf(scope: Scope, grain: Grain): string[] {
  return dimensionsOf(scope)
    .filter(({ grains }) => grains.includes(grain))
    .map(({ name }) => name)
}

export function authoredNames(scope: Scope): string[] {
  return dimensionsOf(scope)
    .filter(({ authors }) => authors)
    .map(({ name }) => name)
}

export function hasActivity({ dimensions: only }: Scope): boolean {
  return only === null || only.includes(activeDimension)
}

/** Whether what points at posts and accounts is recounted too. */
export function hasSubjects({ dimensions: only }: Scope): boolean {
  return only === null
}

/** Whether a scope has no end on either side. */
export function isEndless({ range }: Scope): boolean {
  return range.fromDay === null && range.toDay === null
}
