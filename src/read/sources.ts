import { raw, sql } from '../db/sql.ts'
import type { TimeUs } from '../event/time.ts'
import type { ReadContext } from './question.ts'

/** How far the sources have come together. */
export interface Freshness {
  readonly asOfUs: TimeUs | null
  readonly synthetic: boolean
}

/** Over rows of `position`: what comes through Kafka is known as invented by its host alone. */
export const isSynthetic = raw(
  `coalesce(bool_or(starts_with(source, 'synthetic:') or starts_with(host, 'synthetic:')), false)`,
)

export async function readFreshness({ db }: Pick<ReadContext, 'db'>): Promise<Freshness> {
  const [row] = await db.query<Freshness>(sql`
    select
      nullif(max(time_us), 0) as "asOfUs",
      ${isSynthetic} as "synthetic"
    from position`)
  return row ?? { asOfUs: null, synthetic: false }
}

/** Whether events of the demo generator are among those stored. */
export async function hasSynthetic(context: Pick<ReadContext, 'db'>): Promise<boolean> {
  return (await readFreshness(context)).synthetic
}
