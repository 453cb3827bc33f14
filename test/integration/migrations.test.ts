import { expect, inject, test } from 'vitest'
import { migrate, readMigrations } from '../../src/db/migrate.ts'
import { openClient } from '../../src/db/pool.ts'
import { openTestDatabase } from '../support/database.ts'

test('twenty processes that start at once migrate an empty database once', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'), { migrated: false })
  const options = { url: database.url, statementTimeoutMs: 0, applicationName: 'test' }
  const applied = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const client = await openClient(options)
      const names = await migrate(client)
      await client.end()
      return names
    }),
  )
  expect(applied.flat()).toEqual((await readMigrations()).map(({ name }) => name))
})

test('a database that a newer program made is refused with what to do', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const client = await openClient({
    url: database.url,
    statementTimeoutMs: 0,
    applicationName: 'test',
  })
  await client.query(`insert into migration (number, name, checksum) values (999, 'later', 'x')`)
  await expect(migrate(client)).rejects.toThrow('migration 999, which this program does not know')
  await client.end()
})
