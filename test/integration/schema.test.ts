import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { expect, inject, test } from 'vitest'
import { dumpSchema } from '../../scripts/dump-schema.ts'
import { openClient } from '../../src/db/pool.ts'
import { openTestDatabase } from '../support/database.ts'

const committed = readFileSync('schema.sql', 'utf8')

test('schema.sql is what the migrations add up to (npm run db:schema)', async () => {
  expect(await onDatabase({ migrated: true }, dumpSchema)).toBe(committed)
})

test('schema.sql leaves nothing out: it makes a database of which the dump is the same', async () => {
  const dump = await onDatabase({ migrated: false }, async (client) => {
    await client.query(committed)
    return dumpSchema(client)
  })
  expect(dump).toBe(committed)
})

test('what the dump cannot show is refused, not left out', async () => {
  const dump = onDatabase({ migrated: true }, async (client) => {
    await client.query('create view newest as select max(time_us) from position')
    return dumpSchema(client)
  })
  await expect(dump).rejects.toThrow('dump-schema does not show v newest yet')
})

test('every table says what it holds', async () => {
  const silent = await onDatabase({ migrated: true }, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select relname as "name"
       from pg_class
       where relnamespace = 'public'::regnamespace
         and relkind in ('r', 'p')
         and obj_description(oid, 'pg_class') is null`,
    )
    return rows.map(({ name }) => name)
  })
  expect(silent).toEqual([])
})

async function onDatabase<T>(
  options: { migrated: boolean },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  await using database = await openTestDatabase(inject('databaseUrl'), options)
  const client = await openClient({
    url: database.url,
    statementTimeoutMs: 0,
    applicationName: 'test',
  })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
