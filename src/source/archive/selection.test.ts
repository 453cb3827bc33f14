import { describe, expect, test } from 'vitest'
import { archiveRow, firstUs } from '../../../test/support/archive-file.ts'
import { createSelection } from './selection.ts'

const everything = { fromUs: 0, toUs: null, dids: [], collections: [] } as const
const account = archiveRow(1, { kind: 5, collection: '' })

describe('which rows are wanted', () => {
  test('of a stretch of time, its beginning and not its end', () => {
    const selects = createSelection({ ...everything, fromUs: firstUs, toUs: firstUs + 10 })
    const wanted = [-1, 0, 9, 10].map((us) => selects(archiveRow(1, { timeUs: firstUs + us })))
    expect(wanted).toEqual([false, true, true, false])
  })

  test('of accounts, whatever they are', () => {
    const selects = createSelection({ ...everything, dids: [account.did] })
    expect([selects(account), selects(archiveRow(4)), selects(archiveRow(2))]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('of collections, by name or by prefix, and always what becomes of an account', () => {
    const selects = createSelection({ ...everything, collections: ['a.b.*', 'x.y.z'] })
    const wanted = ['a.b.c', 'a.b.c.d', 'a.bc', 'x.y.z', 'x.y.zz'].map((collection) =>
      selects(archiveRow(1, { collection })),
    )
    expect(wanted).toEqual([true, true, false, true, false])
    expect(selects(account)).toBe(true)
  })
})
