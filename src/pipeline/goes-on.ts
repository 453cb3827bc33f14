import { raw } from '../db/sql.ts'

/** Over rows of `position`: sources that are read on and on, unlike recordings, filled gaps and backfills. */
export const goesOn = raw(`source !~ '^(file|heal|backfill):'`)
