import type pg from 'pg'
import { grains } from '../../dimensions/dimension.ts'
import { type Comparison, comparePairs, type Pairs } from './compare.ts'
import { fillAuthors, gatherAuthors, pairActivity, pairAuthorKeys } from './compare-authors.ts'
import { pairAuthors, pairCounts } from './compare-counts.ts'
import { gatherDropped, type Horizons, horizonsOf } from './compare-horizon.ts'
import { pairEngagement, pairTies } from './compare-subjects.ts'
import type { RecountOptions } from './recount.ts'
import { recountPosts, recountRecords } from './recount-rows.ts'
import { authoredNames, hasActivity, hasSubjects, type Scope } from './recount-scope.ts'
import { type Leaf, openSnapshot, type Snapshot } from './recount-snapshot.ts'
import { copyStored, storedTablesOf } from './recount-stored.ts'
import { analyseRecountTables, emptyRecountTables } from './recount-tables.ts'

const rowTables: readonly string[] = ['bluesky_post', 'bluesky_record']

/** Recounts everything of a scope from rows, and compares. */
export async function measureNumbers(
  client: pg.Client,
  options: RecountOptions,
): Promise<Comparison[]> {
  const horizons = await gather(client, options, [...rowTables, ...storedTablesOf(options)])
  return compareAll(client, options, { horizons, pairs: pairsOf(options, horizons) })
}

/** Counts the accounts behind keys from the tables that say which they are, and compares. */
export async function measureAuthors(
  client: pg.Client,
  options: RecountOptions,
): Promise<Comparison[]> {
  const horizons = await gather(client, options, storedTablesOf(options))
  await client.query(`
    insert into recount_author_key (stored, bucket, dimension, key, user_id, n)
    select false, bucket, dimension, key, user_id, n from recount_author_key`)
  return compareAll(client, options, { horizons, pairs: pairsOfAuthors(options, horizons) })
}

/** Reads the tables as they are at one moment. */
async function gather(
  client: pg.Client,
  options: RecountOptions,
  tables: readonly string[],
): Promise<Horizons> {
  await emptyRecountTables(client)
  await using snapshot = await openSnapshot(options.url)
  const parts = tables.flatMap((table) => partsOf(snapshot, table))
  const of = parts.reduce((sum, { rows }) => sum + rows, 0)
  let before = 0
  for (const part of parts) {
    options.signal.throwIfAborted()
    let rows = 0
    const report = (more: number) => {
      rows += more
      const partition = part.name === part.table ? null : part.name
      const done = before + Math.min(rows, part.rows)
      options.onProgress({ doing: 'reading', table: part.table, partition, rows: done, of })
    }
    report(0)
    await snapshot.read(client, () => readPart(client, part, { options, onRows: report }))
    before += part.rows
  }
  return horizonsOf({
    droppedBefore: snapshot.horizons,
    keptFrom: options.keptFrom,
    leaves: snapshot.leaves,
  })
}

function partsOf({ leaves }: Snapshot, table: string): Leaf[] {
  const parts = leaves.filter((leaf) => leaf.table === table)
  return parts.length > 0 ? parts : [{ table, name: table, rows: 0 }]
}

async function readPart(
  client: pg.Client,
  { table, name }: Leaf,
  { options, onRows }: { options: RecountOptions; onRows: (rows: number) => void },
): Promise<void> {
  const { signal } = options
  const part = { table: name, scope: options }
  if (table === 'bluesky_post') await recountPosts(client, part, { signal, onRows })
  else if (table === 'bluesky_record') await recountRecords(client, part, signal)
  else await copyStored(client, { table, name }, options)
}

async function compareAll(
  client: pg.Client,
  { signal, onProgress }: RecountOptions,
  { horizons, pairs }: { readonly horizons: Horizons; readonly pairs: readonly Pairs[] },
): Promise<Comparison[]> {
  await analyseRecountTables(client)
  await gatherDropped(client, horizons)
  await gatherAuthors(client, horizons)
  await fillAuthors(client)
  const comparisons: Comparison[] = []
  for (const [done, each] of pairs.entries()) {
    signal.throwIfAborted()
    onProgress({
      doing: 'comparing',
      table: each.tally,
      partition: null,
      rows: done,
      of: pairs.length,
    })
    comparisons.push(await comparePairs(client, each))
  }
  return comparisons
}

function pairsOf(scope: Scope, horizons: Horizons): Pairs[] {
  return [
    ...grains.map((grain) => pairCounts(grain, scope, horizons)),
    ...(authoredNames(scope).length > 0 ? [pairAuthorKeys(horizons)] : []),
    ...(hasActivity(scope) ? pairsOfActivity(horizons) : []),
    ...pairsOfAuthors(scope, horizons),
    ...(hasSubjects(scope) ? [pairEngagement(scope, horizons), pairTies()] : []),
  ]
}

function pairsOfActivity(horizons: Horizons): Pairs[] {
  return (['hour', 'day'] as const).flatMap((grain) =>
    [false, true].map((before) => pairActivity(grain, { horizons, before })),
  )
}

function pairsOfAuthors(scope: Scope, horizons: Horizons): Pairs[] {
  return grains.map((grain) => pairAuthors(grain, scope, horizons))
}
