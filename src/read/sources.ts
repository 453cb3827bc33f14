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

/**
 * Network time up to which some source is stored, as a subquery: of one that comes in log partitions only as far as the slowest
 * of those that have begun, since nobody can say what the others still hold.
 */
export const asOfUs = raw(
  `(select max(us) from (select min(nullif(time_us, 0)) as us from position group by source) as source)`,
)

export async function readFreshness({ db }: Pick<ReadContext, 'db'>): Promise<Freshness> {
  const [row] = await db.query<Freshness>(sql`
    select
      ${asOfUs} as "asOfUs",
      ${isSynthetic} as "synthetic"
    from position`)
  return row ?? { asOfUs: null, synthetic: false }
}

/** Whether events of the demo generator are among those stored. */
export async function hasSynthetic(context: Pick<ReadContext, 'db'>): Promise<boolean> {
  return (await readFreshness(context)).synthetic
}
