import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { Program } from '../support/program.ts'

const demo = { SOURCE: 'synthetic', SYNTHETIC_HISTORY_HOURS: '0', PORT: '0' }
const command = fileURLToPath(new URL('../../bin/bluesky-analytics.js', import.meta.url))

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends the program with 0',
  async (signal) => {
    await using database = await openTestDatabase(inject('databaseUrl'))
    await using program = new Program(['start'], { ...demo, DATABASE_URL: database.url })
    await program.firstLine()
    program.kill(signal)
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  },
)

test('a signal that comes twice at once, as from systemd or a terminal, is one', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using program = new Program(['start'], { ...demo, DATABASE_URL: database.url })
  await program.firstLine()
  program.kill('SIGTERM')
  program.kill('SIGINT') // another one, because equal ones that are pending count once
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
})

test('the command hands a signal on to the program that it starts', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { ...demo, DATABASE_URL: database.url }
  await using program = new Program(['start'], settings, command)
  await program.firstLine()
  program.kill('SIGINT')
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
})

test('a setting that the source refuses ends the program, though the database is open already', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { DATABASE_URL: database.url, JETSTREAM_URL: 'ftp://host.example', PORT: '0' }
  await using program = new Program(['start'], settings)
  const { code, stderr } = await program.ended
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('"ftp://host.example" is not the address of a Jetstream host'),
  })
})
