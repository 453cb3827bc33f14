import type pg from 'pg'
import { isConflict } from '../../db/sql-states.ts'
import { grains } from '../../dimensions/dimension.ts'
import { correctionsPart } from '../deletion/settle-rows.ts'
import { lockAuthorKeys } from './author-lock.ts'

const numbersAtOnce = 2_000
const tries = 5

export interface CorrectProgress {
  readonly tally: string
  readonly done: number
  readonly of: number
}

interface CorrectOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: CorrectProgress) => void
}

interface Correction {
  readonly tally: string
  /** Of the same table, those numbers that are accounts behind keys, or the others. */
  readonly authors: boolean
  /** Corrects those with a place in [$1, $2). */
  readonly statement: string
  /** Whether the accounts behind keys may not change meanwhile. */
  readonly locksAuthors?: boolean
}

/** Adds to every number what it differs by, in chunks, and leaves those that say how many accounts are behind keys. */
export async function correctNumbers(
  client: pg.Client,
  options: CorrectOptions,
): Promise<{ tally: string; numbers: number }[]> {
  return correctAll(client, corrections, options)
}

/** Adds to the numbers of accounts behind keys what they differ by. */
export async function correctAuthors(
  client: pg.Client,
  options: CorrectOptions,
): Promise<{ tally: string; numbers: number }[]> {
  return correctAll(
    client,
    grains.map((grain) => correctionOfCounts(`count_${grain}`, true)),
    options,
  )
}

async function correctAll(
  client: pg.Client,
  all: readonly Correction[],
  options: CorrectOptions,
): Promise<{ tally: string; numbers: number }[]> {
  const corrected: { tally: string; numbers: number }[] = []
  for (const correction of all) {
    const numbers = await correctOne(client, correction, options)
    if (numbers > 0) corrected.push({ tally: correction.tally, numbers })
  }
  return corrected
}

async function correctOne(
  client: pg.Client,
  correction: Correction,
  { signal, onProgress }: CorrectOptions,
): Promise<number> {
  const { tally, authors } = correction
  const { rows } = await client.query<{ n: number; first: number; end: number }>(
    `select count(*) as "n", coalesce(min(place), 0) as "first", coalesce(max(place), -1) + 1 as "end"
     from recount_difference
     where tally = $1 and (field = 'authors') = $2`,
    [tally, authors],
  )
  const [{ n, first, end } = { n: 0, first: 0, end: 0 }] = rows
  for (let from = first; from < end; from += numbersAtOnce) {
    signal.throwIfAborted()
    onProgress({ tally, done: from - first, of: end - first })
    await correctChunk(client, correction, [from, from + numbersAtOnce])
  }
  return n
}

/** A chunk meets rows that others write, in the order of the keys as they do; whoever is ended for it tries again. */
async function correctChunk(
  client: pg.Client,
  { statement, locksAuthors = false }: Correction,
  places: readonly [number, number],
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await client.query('begin')
    try {
      if (locksAuthors) await lockAuthorKeys(client)
      await client.query(statement, [...places])
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
      if (!isConflict(error) || attempt === tries) throw error
    }
  }
}

const engagementFields = ['likes', 'reposts', 'replies', 'quotes'] as const
const tieFields = ['follows', 'unfollows', 'blocks', 'unblocks'] as const

const corrections: readonly Correction[] = [
  ...grains.map((grain) => correctionOfCounts(`count_${grain}`, false)),
  {
    tally: 'author_key',
    authors: false,
    // Who adds a row here decides by the others of its account whether a day gains it; until that is committed none may change.
    locksAuthors: true,
    statement: `
      insert into author_key as known (day, dimension, key, user_id, hour, n)
      select
        (bucket at time zone 'UTC')::date, dimension, key, id, extract(hour from bucket at time zone 'UTC'), recounted - stored
      from recount_difference
      where tally = 'author_key' and place >= $1 and place < $2
      order by dimension, key, id, bucket
      on conflict (dimension, key, user_id, day, hour) do update
      set n = known.n + excluded.n`,
  },
  correctionOfActivity('author_hour', 'minutes'),
  correctionOfActivity('author_day', 'kinds'),
  correctionOfSubjects('engagement', {
    bucket: 'hour',
    expression: '(extract(epoch from bucket) / 3600)::integer',
    fields: engagementFields,
  }),
  correctionOfSubjects('tie', {
    bucket: 'day',
    expression: `(bucket at time zone 'UTC')::date`,
    fields: tieFields,
  }),
]

function correctionOfCounts(tally: string, authors: boolean): Correction {
  const [changed, kept] = authors ? ['authors', 'n'] : ['n', 'authors']
  return {
    tally,
    authors,
    statement: `
      insert into ${tally} as count (dimension, bucket, key, part, ${changed}, ${kept})
      select dimension, bucket, key, ${correctionsPart}, recounted - stored, 0
      from recount_difference
      where tally = '${tally}' and (field = 'authors') = ${authors} and place >= $1 and place < $2
      order by dimension, bucket, key
      on conflict (dimension, bucket, key, part) do update
      set ${changed} = count.${changed} + excluded.${changed}`,
  }
}

/** Adds what rows tell of when an account was active, and takes nothing away. */
function correctionOfActivity(
  tally: 'author_hour' | 'author_day',
  column: 'minutes' | 'kinds',
): Correction {
  return {
    tally,
    authors: false,
    statement: `
      insert into ${tally} as known (bucket, user_id, ${column})
      select active.bucket, active.user_id, active.recounted
      from recount_difference difference
      join recount_${tally === 'author_hour' ? 'hour' : 'day'} active
        on active.bucket = difference.bucket and active.user_id = difference.id
      where tally = '${tally}' and place >= $1 and place < $2
      order by active.bucket, active.user_id
      on conflict (bucket, user_id) do update
      set ${column} = known.${column} | excluded.${column}`,
  }
}

function correctionOfSubjects(
  tally: 'engagement' | 'tie',
  {
    bucket,
    expression,
    fields,
  }: { readonly bucket: string; readonly expression: string; readonly fields: readonly string[] },
): Correction {
  const sums = fields.map(
    (field) => `coalesce(sum(recounted - stored) filter (where field = '${field}'), 0)`,
  )
  return {
    tally,
    authors: false,
    statement: `
      insert into ${tally} as known (subject, ${bucket}, part, ${fields.join(', ')})
      select id, ${expression}, ${correctionsPart}, ${sums.join(', ')}
      from recount_difference
      where tally = '${tally}' and place >= $1 and place < $2
      group by id, bucket
      order by id, bucket
      on conflict (subject, ${bucket}, part) do update
      set ${fields.map((field) => `${field} = known.${field} + excluded.${field}`).join(', ')}`,
  }
}
