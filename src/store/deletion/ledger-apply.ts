import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { isConflict, isLockTimeout } from '../../db/sql-states.ts'
import { AppError } from '../../errors.ts'
import type { Did } from '../../event/event.ts'
import { parseId, readAtUri, recordId, userId } from '../../event/ids.ts'
import { readTidHalves } from '../../event/tid.ts'
import { AuthorCounts } from '../author-counts.ts'
import type { UserChange } from '../batch.ts'
import { Changes } from '../changes.ts'
import { postColumns, recordColumns } from '../columns.ts'
import { cutBefore } from '../cut.ts'
import { readHorizons } from '../horizons.ts'
import { RecordTable } from '../record-table.ts'
import type { PostRow, RecordRow } from '../rows.ts'
import { createStaging } from '../staging.ts'
import { judgePosts, judgeRecords, readStandings, writeStandings } from '../standing.ts'
import { writeUsers } from '../user-writer.ts'
import type { AccountLine, LedgerLine, PostLine, RecordLine } from './ledger-entry.ts'
import { correctionsPart } from './settle-rows.ts'

const maxConflicts = 10
const conflictPauseMs = 200

/** Makes the temporary tables that the functions of this file need, once for a connection. */
export async function openLedger(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('pg_temp.staging_post') is not null as "found"`,
  )
  if (rows[0]?.found !== true) await createStaging(client)
}

/**
 * Enters into the ledger that what these accounts wrote until now is to go, and does not come back. Their rows go when they are
 * settled. Throws `AppError` `NOT_FOUND` where one of them is not known.
 *
 * @param nowUs µs since 1970
 */
export async function requestPurge(
  client: pg.Client,
  dids: readonly string[],
  nowUs: number,
): Promise<void> {
  await transact(client, async () => {
    const { rows } = await client.query<{ did: string }>(
      'select did as "did" from bluesky_user where did = any($1) order by id for update',
      [dids],
    )
    const known = new Set(rows.map(({ did }) => did))
    const unknown = dids.filter((did) => !known.has(did))
    if (unknown.length > 0) {
      throw new AppError('NOT_FOUND', `nothing is known of ${unknown.join(', ')}`, {
        hint: 'An account is named by its DID, such as did:plc:ewvi7nxzyoun6zhxrhs64oiz.',
      })
    }
    const cut = cutBefore(nowUs, 'request')
    await writeStandings(
      client,
      dids.map((did) => ({ ...spokenAbout(did), cut })),
    )
  })
}

/** What is decided since then waits for being settled once more. Returns how many accounts. */
export async function unsettleSince(client: pg.Client, sinceUs: number): Promise<number> {
  const { rowCount } = await client.query(
    `update account_standing
     set settled_at = null, xid = pg_current_xact_id()
     where decided_at >= to_timestamp($1::float8)`,
    [sinceUs / 1_000_000],
  )
  return rowCount ?? 0
}

/**
 * Merges lines of a ledger file, in one transaction: of an account whatever was said last, and the greatest cut; of a deleted
 * record its tombstone, as if its delete had come. The accounts wait for being settled afterwards. Repeats change nothing.
 */
export async function applyLines(client: pg.Client, lines: readonly LedgerLine[]): Promise<void> {
  const accounts = lines.filter((line) => line.kind === 'account')
  const users = new Map<string, UserChange>()
  const posts = new Map<string, PostRow>()
  const records = new Map<string, RecordRow>()
  for (const line of accounts) addAccount(users, line)
  for (const line of lines) {
    if (line.kind === 'post') {
      const row = postTombstone(line)
      if (!row) continue
      if (!users.has(row.did)) users.set(row.did, spokenAbout(row.did))
      if ((posts.get(row.id)?.rev ?? '') < row.rev) posts.set(row.id, row)
    } else if (line.kind === 'record') {
      const row = recordTombstone(line)
      const known = records.get(row.id)
      if (!known || isBefore(known, row)) records.set(row.id, row)
    }
  }
  await transact(client, async () => {
    const authors = new AuthorCounts()
    await writeUsers(client, users.values(), authors)
    await writeStandings(client, users.values())
    const changes = new Changes()
    const ids = new Set([
      ...[...users.values()].map(({ id }) => id),
      ...[...records.values()].map(({ userId: id }) => id),
    ])
    const standings = await readStandings(client, ids)
    const horizons = await readHorizons(client)
    const judged = {
      records: judgeRecords([...records.values()], standings, horizons),
      posts: judgePosts([...posts.values()], standings, horizons),
    }
    const [recordTable, postTable] = [openRecordTable(), openPostTable()]
    await recordTable.mergeAll(client, await recordTable.prepare(judged.records), changes)
    await postTable.mergeAll(client, await postTable.prepare(judged.posts), changes)
    await changes.write(client, correctionsPart, authors)
    await client.query(
      `update account_standing
       set settled_at = null, xid = pg_current_xact_id()
       where did = any($1)`,
      [accounts.map(({ did }) => did)],
    )
  })
}

const openRecordTable = () =>
  new RecordTable<RecordRow>('bluesky_record', 'staging_record', recordColumns)
const openPostTable = () => new RecordTable<PostRow>('bluesky_post', 'staging_post', postColumns)

/** An account of which nothing is said yet. */
function spokenAbout(name: string): UserChange {
  const did = name as Did
  const id = userId(did)
  return {
    id,
    did,
    known: { id, stored: 0 },
    activity: [],
    handle: null,
    standing: null,
    notice: null,
    cut: null,
  }
}

function addAccount(users: Map<string, UserChange>, line: AccountLine): void {
  const { did, active, status, accountSeq, cutRev, cutReason } = line
  const user = users.get(did) ?? spokenAbout(did)
  users.set(did, user)
  if (accountSeq > (user.standing?.seq ?? -1)) user.standing = { active, status, seq: accountSeq }
  if (cutRev !== null && cutReason !== null && cutRev > (user.cut?.rev ?? '')) {
    user.cut = { rev: cutRev, ...readTidHalves(cutRev), reason: cutReason }
  }
}

/** Null for one whose URI names no post. */
function postTombstone({ uri, rev, timeUs }: PostLine): PostRow | null {
  const parts = readAtUri(uri)
  if (!parts) return null
  const { did, collection, rkey } = parts
  return {
    id: recordId(did, collection, rkey),
    userId: userId(did),
    did,
    collection,
    operation: 'delete',
    timeUs,
    hidden: false,
    rev,
    rkey,
    cid: null,
    recordType: null,
    facts: null,
    subject: null,
    post: null,
  }
}

function recordTombstone(line: RecordLine): RecordRow {
  const { high, low } = readTidHalves(line.rev)
  return {
    id: parseId(line.id),
    userId: parseId(line.userId),
    subject: line.subject === undefined ? null : parseId(line.subject),
    timeUs: line.timeUs,
    revHigh: high,
    revLow: low,
    operation: 'delete',
    collection: line.collection,
    hidden: false,
    post: null,
  }
}

function isBefore(a: RecordRow, b: RecordRow): boolean {
  return a.revHigh < b.revHigh || (a.revHigh === b.revHigh && a.revLow < b.revLow)
}

async function transact(client: pg.Client, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await client.query('begin')
    try {
      await work()
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
      const mayPass = isConflict(error) || isLockTimeout(error)
      if (!mayPass || attempt === maxConflicts) throw error
      await setTimeout(conflictPauseMs * attempt * Math.random())
    }
  }
}
