import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbedded } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'

const header = `-- What the migrations add up to, for reading. Made by npm run db:schema; changes belong into migrations/.
-- The store adds a partition for each day of bluesky_post and bluesky_record when it first needs it.`

/**
 * The schema of a freshly migrated database as SQL, from the catalogues, in the order in which the migrations made it.
 * Throws where the database has a kind of object that this does not show yet.
 */
export async function dumpSchema(client: pg.Client): Promise<string> {
  const unknown = await client.query<{ name: string }>(unknownObjects)
  if (unknown.rows[0]) throw new Error(`dump-schema does not show ${unknown.rows[0].name} yet`)
  const types = await client.query<{ text: string }>(enumTypes)
  const tables = await client.query<Table>(allTables)
  const parts = [header, ...types.rows.map(({ text }) => text), ...tables.rows.map(showTable)]
  return `${parts.join('\n\n')}\n`
}

interface Table {
  readonly head: string
  readonly tail: string
  /** Name, type, and what else; null for a partition, which has those of its parent. */
  readonly columns: readonly (readonly [string, string, string])[] | null
  readonly constraints: readonly string[]
  readonly indexes: readonly string[]
  readonly comments: readonly string[]
}

function showTable({ head, tail, columns, constraints, indexes, comments }: Table): string {
  const widest = (at: 0 | 1) => Math.max(...(columns ?? []).map((column) => column[at].length))
  const lines = columns?.map(([name, type, rest]) =>
    `${name.padEnd(widest(0))}  ${type.padEnd(widest(1))}  ${rest}`.trimEnd(),
  )
  const body = lines ? ` (\n  ${[...lines, ...constraints.map(lower)].join(',\n  ')}\n)` : ''
  return [`${head}${body}${lower(tail)};`, ...indexes.map(lower), ...comments].join('\n')
}

/** The server writes keywords in capitals, and an index of a partitioned table as if for that table alone. */
function lower(sql: string): string {
  const parts = sql.match(/'[^']*'|"[^"]*"|[^'"]+/g) ?? []
  const lowered = parts.map((part) => (/^['"]/.test(part) ? part : part.toLowerCase()))
  return lowered.join('').replace(' on only ', ' on ')
}

const unknownObjects = `
  select format('%s %s', relkind, relname) as "name" from pg_class
  where relnamespace = 'public'::regnamespace and relkind not in ('r', 'p', 'i', 'I', 'c')
  union all
  select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace`

const enumTypes = `
  select format('create type %I as enum (%s);', typname, string_agg(quote_literal(enumlabel), ', ' order by enumsortorder)) as "text"
  from pg_type t join pg_enum on enumtypid = t.oid
  where typnamespace = 'public'::regnamespace group by t.oid, typname order by t.oid`

const allTables = `
  select
    format('create table %I', relname)
      || coalesce((select format(' partition of %s ', inhparent::regclass) from pg_inherits where inhrelid = t.oid), '') as "head",
    coalesce(pg_get_expr(relpartbound, oid), '')
      || coalesce(' partition by ' || pg_get_partkeydef(oid), '')
      || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') as "tail",
    case when not relispartition then (
      select json_agg(json_build_array(
        quote_ident(attname), replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz'),
        concat_ws(' ',
          (select 'collate ' || quote_ident(collname) from pg_collation c where c.oid = attcollation and collname <> 'default'),
          case when attnotnull then 'not null' end,
          (select 'default ' || pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum))
        ) order by attnum)
      from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped) end as "columns",
    array(select pg_get_constraintdef(c.oid, true) from pg_constraint c
      where conrelid = t.oid and contype in ('p', 'u', 'f', 'c') order by position(contype::text in 'pufc'), conname) as "constraints",
    array(select pg_get_indexdef(indexrelid, 0, true) || ';' from pg_index
      where indrelid = t.oid and not t.relispartition and not exists (select from pg_constraint where conindid = indexrelid)
      order by indexrelid) as "indexes",
    array(select format('comment on %s %I%s is %L;', case objsubid when 0 then 'table' else 'column' end, relname,
        (select '.' || quote_ident(attname) from pg_attribute where attrelid = objoid and attnum = objsubid and objsubid > 0),
        description)
      from pg_description where classoid = 'pg_class'::regclass and objoid = t.oid order by objsubid) as "comments"
  from pg_class t where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by oid`

if (import.meta.main) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bluesky-analytics-schema-'))
  await using server = await openEmbedded({ dataDir: folder.path, role: 'own' })
  const client = new pg.Client(server.url)
  await client.connect()
  await migrate(client)
  await writeFile('schema.sql', await dumpSchema(client))
  await client.end()
}
