import type { MaintainOptions } from './maintain.ts'
import type { StatusBoard } from './status-board.ts'

/** Keeps the board's line on maintenance true: a chore that failed is said until it went well, or another one did not. */
export function reportMaintenance(
  board: StatusBoard,
): Required<Pick<MaintainOptions, 'onState' | 'onChore'>> {
  const failed = new Map<string, string>()
  let doing = 'starting'
  const tell = () => {
    const [first] = failed
    if (first) board.set('maintenance', 'degraded', `${first[0]}: ${first[1]}; again later`)
    else board.set('maintenance', 'ok', doing)
  }
  board.set('maintenance', 'starting', 'waiting for the database')
  return {
    onState(state, detail) {
      doing = detail
      if (state === 'down') board.set('maintenance', 'down', `${detail}; trying again`)
      else tell()
    },
    onChore({ name, ok, detail }) {
      if (ok) failed.delete(name)
      else failed.set(name, detail)
      tell()
    },
  }
}
