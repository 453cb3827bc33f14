import { defineDimension } from './dimension.ts'

/** Live posts by registrable domain linked to. */
export const domain = defineDimension({ name: 'domain', keys: (post) => post.domains })
