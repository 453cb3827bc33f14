import type { MaintainOptions } from './maintain.ts'
import type { StatusBoard } from './status-board.ts'

/** Keeps the board's line on maintenance true: a chore that failed, or found something to do, is said until it went well. */
export function reportMaintenance(
  board: StatusBoard,
): Required<Pick<MaintainOptions, 'onState' | 'onChore'>> {
  const troubles = new Map<string, string>()
  let doing = 'starting'
  const tell = () => {
    const [first] = troubles
    if (first) board.set('maintenance', 'degraded', `${first[0]}: ${first[1]}`)
    else board.set('maintenance', 'ok', doing)
  }
  board.set('maintenance', 'starting', 'waiting for the database')
  return {
    onState(state, detail) {
      doing = detail
      if (state === 'down') board.set('maintenance', 'down', `${detail}; trying again`)
      else tell()
    },
    onChore({ name, ok, warning, detail }) {
      if (!ok) troubles.set(name, `${detail}; again later`)
      else if (warning) troubles.set(name, detail)
      else troubles.delete(name)
      tell()
    },
  }
}
