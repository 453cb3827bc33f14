import { defineAuthoredDimension, grains } from './dimension.ts'

/** Live posts by registrable domain linked to. */
export const domain = defineAuthoredDimension('domain', (post) => post.domains, grains)
