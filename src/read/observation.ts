import { post } from '../collections/post.ts'
import { collections as registered } from '../collections/registry.ts'
import type { Health } from '../contract/health.ts'
import { sql } from '../db/sql.ts'
import type { Database } from './question.ts'
import type { CollectionAge } from './silence.ts'

/** What is told to a monitoring system about the state of a process and its database. */
export interface Observation {
  readonly health: Health
  /** Those with a name of their own, and the rest as `other`. */
  readonly collections: readonly NamedAge[]
  /** Null where there is no database, or it did not answer. */
  readonly sizes: Sizes | null
}

export interface NamedAge {
  readonly collection: string
  /** Null for those without a name of their own. */
  readonly ageMs: number | null
  readonly silent: boolean
}

export interface Sizes {
  readonly deadLetters: number
  readonly databaseBytes: number
}

const mostFrequent = 10
const mostCounted = 100_000

/** Names with a series of their own: strangers choose the names of collections, so only few are let through. */
export function nameAges(ages: readonly CollectionAge[]): NamedAge[] {
  const known = new Set<string>([post.nsid, ...registered.map(({ nsid }) => nsid)])
  const others = ages.filter(({ collection }) => !known.has(collection))
  const frequent = [...others].sort((a, b) => b.perDay - a.perDay).slice(0, mostFrequent)
  for (const { collection } of frequent) known.add(collection)
  return [
    ...ages.filter(({ collection }) => known.has(collection)),
    {
      collection: 'other',
      ageMs: null,
      silent: ages.some(({ collection, silent }) => silent && !known.has(collection)),
    },
  ]
}

/** Messages set aside and not dealt with (counted up to 100,000), and bytes of the whole database on disk. */
export async function readSizes(db: Database): Promise<Sizes> {
  const [row] = await db.query<Sizes>(sql`
    select
      (select count(*) from (
        select 1 from raw_message where not processed limit ${mostCounted}
      ) as waiting) as "deadLetters",
      pg_database_size(current_database()) as "databaseBytes"`)
  return row ?? { deadLetters: 0, databaseBytes: 0 }
}
