import { dbTest, jetstreamTest } from '../contract/checks.ts'
import { sql } from '../db/sql.ts'
import { defineQuestion } from './question.ts'

export const jetstreamTestQuestion = defineQuestion(jetstreamTest, ({ seconds }, context) =>
  context.process.probeSource(seconds, context.signal),
)

export const dbTestQuestion = defineQuestion(dbTest, async (_query, { db }) => {
  const started = performance.now()
  try {
    const [[server], tables] = await Promise.all([
      db.query<{ version: string; schemaVersion: number | null; now: Date }>(sql`
        select
          current_setting('server_version') as "version",
          (select max(number) from migration) as "schemaVersion",
          now() as "now"`),
      db.query<{ name: string; rows: number; bytes: number }>(tableSizes),
    ])
    const latencyMs = Math.round(performance.now() - started)
    const version = server?.version ?? null
    return {
      ok: true,
      version,
      schemaVersion: server?.schemaVersion ?? null,
      latencyMs,
      now: server?.now.toISOString() ?? null,
      tables,
      detail: `PostgreSQL ${version} answered in ${latencyMs} ms`,
    }
  } catch (error) {
    return {
      ok: false,
      version: null,
      schemaVersion: null,
      latencyMs: Math.round(performance.now() - started),
      now: null,
      tables: [],
      detail: error instanceof Error ? error.message : 'the database does not answer',
    }
  }
})

/** Tables with their partitions together. Rows are what the last vacuum or analyze counted. */
const tableSizes = sql`
  select
    root.relname as "name",
    sum(greatest(leaf.reltuples, 0))::bigint as "rows",
    sum(pg_total_relation_size(leaf.oid))::bigint as "bytes"
  from pg_class root
  left join lateral pg_partition_tree(root.oid) as part on root.relkind = 'p'
  join pg_class leaf on leaf.oid = coalesce(part.relid::oid, root.oid) and leaf.relkind = 'r'
  where root.relnamespace = 'public'::regnamespace
    and root.relkind in ('r', 'p')
    and not root.relispartition
  group by root.relname
  order by "bytes" desc, "name"`
