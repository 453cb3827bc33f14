import { defineDimension } from './dimension.ts'

/** Rows by collection and latest operation. */
export const operation = defineDimension({
  name: 'operation',
  keys: (row) => [`${row.collection}/${row.operation}`],
})
