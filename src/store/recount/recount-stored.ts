import type pg from 'pg'
import { type Grain, grains } from '../../dimensions/dimension.ts'
import { within } from './recount-range.ts'
import {
  activeDimension,
  authoredNames,
  dimensionsOf,
  hasActivity,
  hasSubjects,
  namesOf,
  type Scope,
} from './recount-scope.ts'

/** A table of stored numbers, and how it, or a partition of it, is put beside what was recounted. */
interface StoredTable {
  readonly table: string
  /** Whether a scope has numbers of it. */
  readonly isWanted: (scope: Scope) => boolean
  readonly copy: (from: string, scope: Scope) => Copy
}

interface Copy {
  readonly text: string
  readonly values?: unknown[]
}

const storedTables: readonly StoredTable[] = [
  ...grains.map((grain) => ({
    table: `count_${grain}`,
    isWanted: () => true,
    copy: (from: string, scope: Scope) => copyCounts(grain, from, scope),
  })),
  { table: 'count_settled', isWanted: () => true, copy: copySettled },
  { table: 'author_key', isWanted: (scope) => authoredNames(scope).length > 0, copy: copyAuthors },
  {
    table: 'author_hour',
    isWanted: hasActivity,
    copy: (from, { range }) => ({
      text: `
        insert into recount_active_hour (bucket, user_id, stored)
        select bucket, user_id, minutes from ${from} where ${within.buckets(range)}`,
    }),
  },
  {
    table: 'author_day',
    isWanted: hasActivity,
    copy: (from, { range }) => ({
      text: `
        insert into recount_active_day (bucket, user_id, stored)
        select bucket, user_id, kinds from ${from} where ${within.buckets(range)}`,
    }),
  },
  { table: 'bluesky_user', isWanted: hasActivity, copy: countNewAccounts },
  {
    table: 'engagement',
    isWanted: hasSubjects,
    copy: (from, { range }) => ({
      text: `
        insert into recount_engagement (stored, subject, hour, likes, reposts, replies, quotes)
        select true, subject, hour, likes, reposts, replies, quotes
        from ${from}
        where hour = 0 or (${within.hours(range)})`,
    }),
  },
  {
    table: 'tie',
    isWanted: hasSubjects,
    copy: (from, { range }) => ({
      text: `
        insert into recount_tie (stored, subject, day, follows, unfollows, blocks, unblocks)
        select true, subject, day, follows, unfollows, blocks, unblocks from ${from} where ${within.days(range)}`,
    }),
  },
]

/** The tables that hold numbers of a scope. */
export function storedTablesOf(scope: Scope): string[] {
  return storedTables.filter(({ isWanted }) => isWanted(scope)).map(({ table }) => table)
}

/** Puts the stored numbers of a table, or of one of its partitions, beside what was recounted. */
export async function copyStored(
  client: pg.Client,
  { table, name }: { readonly table: string; readonly name: string },
  scope: Scope,
): Promise<void> {
  const stored = storedTables.find((each) => each.table === table)
  if (!stored?.isWanted(scope)) return
  const { text, values = [] } = stored.copy(name, scope)
  await client.query(text, values)
}

function copyCounts(grain: Grain, from: string, scope: Scope): Copy {
  const names = [...namesOf(scope, grain), ...(hasActivity(scope) ? [activeDimension] : [])]
  return {
    text: `
      insert into recount_stored (grain, bucket, dimension, key, n, authors)
      select '${grain}', bucket, dimension, key, sum(n), sum(authors)
      from ${from}
      where dimension = any($1::text[]) and ${within.buckets(scope.range)}
      group by bucket, dimension, key`,
    values: [names],
  }
}

function copySettled(from: string, scope: Scope): Copy {
  // What is settled also says of which engagement something may be missing.
  const names = [...dimensionsOf(scope).map(({ name }) => name)]
  return {
    text: `
      insert into recount_settled (bucket, dimension, key, n)
      select bucket, dimension, key, n
      from ${from}
      where dimension = any($1::text[]) and ${within.buckets(scope.range)}`,
    values: [names],
  }
}

function copyAuthors(from: string, scope: Scope): Copy {
  return {
    text: `
      insert into recount_author_key (stored, bucket, dimension, key, user_id, n)
      select true, (day + make_interval(hours => hour)) at time zone 'UTC', dimension, key, user_id, n
      from ${from}
      where dimension = any($1::text[]) and ${within.days(scope.range)}`,
    values: [authoredNames(scope)],
  }
}

/** An account is new on the day on which it was first seen. */
function countNewAccounts(from: string, { range }: Scope): Copy {
  return {
    text: `
      insert into recount_authors (grain, bucket, dimension, key, authors)
      select 'day', date_trunc('day', first_seen_at, 'UTC'), '${activeDimension}', 'new', count(*)
      from ${from}
      where first_seen_at is not null and ${within.buckets(range, 'first_seen_at')}
      group by date_trunc('day', first_seen_at, 'UTC')`,
  }
}
