/** Errors of PostgreSQL that are an answer, told by their SQLSTATE. */

/** A deadlock or a serialisation failure: the same transaction may go through when tried again. */
export function isConflict(error: unknown): boolean {
  return /^40(P01|001)$/.test(stateOf(error))
}

/** A lock that was not to be had in time, or at once. */
export function isLockTimeout(error: unknown): boolean {
  return stateOf(error) === '55P03'
}

/** A table that is not there, such as a partition that was dropped meanwhile. */
export function isMissingTable(error: unknown): boolean {
  return stateOf(error) === '42P01'
}

function stateOf(error: unknown): string {
  return String(Object(error).code)
}
