import { defineDimension } from './dimension.ts'

/** Rows by collection, deleted ones included: every record counts once, at its latest operation. */
export const collection = defineDimension({ name: 'collection', keys: (row) => [row.collection] })
