import { expect, test } from 'vitest'
import { reportMaintenance } from './maintenance-status.ts'
import { StatusBoard } from './status-board.ts'

test('what a chore failed at, or warns of, is said until it goes well', () => {
  const board = new StatusBoard()
  const { onState, onChore } = reportMaintenance(board)
  const done = { name: 'room', ok: true, warning: false, detail: 'enough', ms: 1 }
  onState('working', 'this process maintains the database')
  expect(board.get('maintenance')?.state).toBe('ok')

  onChore({ ...done, warning: true, detail: '93 % taken' })
  onChore({ ...done, name: 'sizes' })
  expect(board.get('maintenance')).toMatchObject({ state: 'degraded', detail: 'room: 93 % taken' })

  onChore({ ...done, ok: false, detail: 'no lock' })
  expect(board.get('maintenance')?.detail).toBe('room: no lock; again later')

  onChore(done)
  expect(board.get('maintenance')).toMatchObject({ state: 'ok' })
})
