import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
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
