import { expect, test } from 'vitest'
import { dimensionNames } from '../contract/common.ts'
import { dimensions } from './registry.ts'

test('every dimension that is counted can be asked for, and the other way round', () => {
  expect(dimensions.map(({ name }) => name).sort()).toEqual([...dimensionNames].sort())
})
