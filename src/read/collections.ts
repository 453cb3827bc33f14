import { listCollections } from '../contract/collections.ts'
import { every, type Sql, sql } from '../db/sql.ts'
import { formatTimeUs } from '../event/time.ts'
import { defineQuestion } from './question.ts'
import { hasSynthetic } from './sources.ts'

interface Row {
  readonly nsid: string
  readonly firstSeenUs: number
  readonly count: number
}

export const collectionsQuestion = defineQuestion(listCollections, async (query, context) => {
  const { prefix, cursor, limit } = query
  const conditions: Sql[] = []
  if (prefix !== undefined) conditions.push(sql`starts_with(nsid, ${prefix})`)
  if (cursor !== undefined) conditions.push(sql`nsid collate "C" > ${cursor}`)
  const [found, synthetic] = await Promise.all([
    context.db.query<Row>(sql`
      with page as materialized (
        select nsid, first_seen_us
        from collection
        where ${every(conditions)}
        order by nsid collate "C"
        limit ${limit + 1}
      ),
      counted as (
        select key, sum(n)::bigint as n
        from count_day
        where dimension = 'collection' and key = any(array(select nsid from page))
        group by key
      )
      select
        page.nsid, page.first_seen_us as "firstSeenUs", coalesce(counted.n, 0) as "count"
      from page left join counted on counted.key = page.nsid
      order by page.nsid collate "C"`),
    hasSynthetic(context),
  ])
  const rows = found.slice(0, limit)
  return {
    collections: rows.map(({ nsid, firstSeenUs, count }) => ({
      nsid,
      firstSeenAt: formatTimeUs(firstSeenUs),
      count,
    })),
    next: found.length > limit ? (rows.at(-1)?.nsid ?? null) : null,
    synthetic,
  }
})
