import { sql } from '../db/sql.ts'
import type { TimeUs } from '../event/time.ts'
import type { ReadContext } from './question.ts'

/** How far the sources have come together. */
export interface Freshness {
  readonly asOfUs: TimeUs | null
  readonly synthetic: boolean
}

export async function readFreshness({ db }: Pick<ReadContext, 'db'>): Promise<Freshness> {
  const [row] = await db.query<Freshness>(sql`
    select
      max(time_us) as "asOfUs",
      coalesce(bool_or(starts_with(source, 'synthetic:')), false) as "synthetic"
    from position`)
  return row ?? { asOfUs: null, synthetic: false }
}

/** Whether events of the demo generator are among those stored. */
export async function hasSynthetic(context: Pick<ReadContext, 'db'>): Promise<boolean> {
  return (await readFreshness(context)).synthetic
}
