import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findEmbedded, openEmbedded } from '../../src/db/embedded.ts'
import { readRows } from '../support/database-state.ts'
import { openFolder } from '../support/program.ts'

test('an owner that loses its connection stays the owner', async () => {
  await using folder = await openFolder()
  await using owned = await openEmbedded({ dataDir: folder.path, role: 'own' })
  await readRows(
    owned.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'owner %'`,
  )
  const owners = () =>
    readRows(owned.url, `select 1 from pg_stat_activity where application_name like 'owner %'`)
  await expect.poll(owners, { timeout: 10_000 }).toHaveLength(1)
  await expect(openEmbedded({ dataDir: folder.path, role: 'own' })).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
  })
})

test('a server that is killed is started again under its owner', async () => {
  await using folder = await openFolder()
  await using owned = await openEmbedded({ dataDir: folder.path, role: 'own' })
  const pidFile = join(folder.path, 'postgres/cluster/postmaster.pid')
  process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGKILL')
  const answer = () => readRows(owned.url, 'select 1 as n').catch(() => [])
  await expect.poll(answer, { timeout: 30_000 }).toEqual([{ n: 1 }])
})

test('sharing a server that runs never stops it', async () => {
  await using folder = await openFolder()
  await using owned = await openEmbedded({ dataDir: folder.path, role: 'own' })
  const shared = await openEmbedded({ dataDir: folder.path, role: 'share' })
  expect(shared).toMatchObject({ owned: false, url: owned.url })
  await shared[Symbol.asyncDispose]()
  expect(await readRows(owned.url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('asking where the database is starts and makes nothing', async () => {
  await using folder = await openFolder()
  await expect(findEmbedded(folder.path)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  await using owned = await openEmbedded({ dataDir: folder.path, role: 'own' })
  expect(await findEmbedded(folder.path)).toEqual({ url: owned.url, running: true })
  await owned[Symbol.asyncDispose]()
  expect(await findEmbedded(folder.path)).toEqual({ url: owned.url, running: false })
})

test('a copy of a folder has a server of its own beside the original, whose port it was copied with', async () => {
  await using folder = await openFolder()
  await using copy = await openFolder()
  const first = await openEmbedded({ dataDir: folder.path, role: 'own' })
  await readRows(first.url, 'create table mark (n int)')
  await first[Symbol.asyncDispose]()
  // As the guide says: whoever runs as root keeps the account that owns it.
  await promisify(execFile)('cp', ['-a', join(folder.path, 'postgres'), copy.path])

  await using original = await openEmbedded({ dataDir: folder.path, role: 'own' })
  expect(await findEmbedded(copy.path)).toMatchObject({ running: false })
  await using restored = await openEmbedded({ dataDir: copy.path, role: 'share' })
  expect(restored.owned).toBe(true)
  await readRows(restored.url, 'insert into mark values (1)')
  expect(await readRows(original.url, 'select * from mark')).toEqual([])
  expect(await findEmbedded(copy.path)).toEqual({ url: restored.url, running: true })
})
