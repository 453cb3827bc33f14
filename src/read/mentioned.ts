import { sql } from '../db/sql.ts'
import { formatId, userId } from '../event/ids.ts'
import type { ReadContext } from './question.ts'

/** What is known of accounts that posts mention. */
export interface Mentioned {
  readonly handle: string | null
  readonly hidden: boolean
}

/** Accounts that are hidden are left out: so many are looked at beyond those that are asked for. */
export const spareMentions = 20

/** Accounts by DID; those that were never heard of are missing. */
export async function findMentioned(
  dids: readonly string[],
  { db }: Pick<ReadContext, 'db'>,
): Promise<ReadonlyMap<string, Mentioned>> {
  const rows = await db.query<Mentioned & { did: string }>(sql`
    select did, handle, hidden
    from bluesky_user
    where id = any(${dids.map((did) => formatId(userId(did)))}::uuid[])`)
  return new Map(rows.map(({ did, ...mentioned }) => [did, mentioned]))
}
