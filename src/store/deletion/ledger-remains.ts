import type pg from 'pg'
import { createChoice } from './settle-choice.ts'
import { onPartition, stretchesOf, within } from './settle-sweep.ts'
import { handleIsGone, messageIsGone } from './settle-traces.ts'

/** How many rows say something that the deletion ledger says is gone, by table. */
export interface Remains {
  readonly bluesky_post: number
  readonly bluesky_record: number
  /** What a hidden account's rows would still count, or a gone account is still counted among. */
  readonly author_key: number
  readonly raw_message: number
  /** Accounts that still have one. */
  readonly handle: number
  /** Accounts that were looked at. */
  readonly accounts: number
  /** Those of them that are not settled yet. */
  readonly waiting: number
  /** Posts that are not below the cut: the account has written since. */
  readonly newerPosts: number
}

/**
 * Counts what is left of accounts: rows below their cut, and rows that are not hidden, or are, against what the ledger says. Of
 * accounts that are named and that the ledger does not cut off everything is left. Reads tables from end to end; ends early
 * when the signal aborts, with null.
 *
 * @param dids all accounts of the ledger where it is null
 */
export async function countRemains(
  client: pg.Client,
  dids: readonly string[] | null,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Remains | null> {
  await client.query(`${createChoice}; delete from settle_account`)
  const { rows } = await client.query<{ accounts: number; waiting: number }>(choose, [dids])
  await client.query('analyze settle_account')
  const { accounts = 0, waiting = 0 } = rows[0] ?? {}
  const handle = await count(client, handles)
  const raw_message = await count(client, messages)
  const bluesky_post = await count(client, posts)
  const newerPosts = await count(client, newerPostsOf)
  let bluesky_record = 0
  for await (const stretch of stretchesOf(client, 'bluesky_record', signal)) {
    bluesky_record += await countOf(
      client,
      `
      select count(*) as "n"
      from only ${stretch.partition} as stored
      join settle_account as chosen on chosen.user_id = stored.user_id
      where ${within(stretch, 'stored')}
        and stored.collection not like '$%'
        and (stored.rev < chosen.cut_bits or stored.hidden <> chosen.hidden)`,
    )
    onProgress(stretch.done / 2)
  }
  let author_key = 0
  for await (const stretch of stretchesOf(client, 'author_key', signal)) {
    author_key += await countOf(
      client,
      `
      select count(*) as "n"
      from only ${stretch.partition} as stored
      join settle_account as chosen on chosen.user_id = stored.user_id
      where ${within(stretch, 'stored')} and chosen.gone and ${contributionIsGone}`,
    )
    onProgress(0.5 + stretch.done / 2)
  }
  if (signal.aborted) return null
  return {
    bluesky_post,
    bluesky_record,
    author_key,
    raw_message,
    handle,
    accounts,
    waiting,
    newerPosts,
  }
}

const cutsOff = `(
      (standing.hidden and standing.status = 'deleted') or standing.cut_reason in ('deleted', 'request')
    )`

/** Of an account that is named and not cut off everything is below its cut. */
const choose = `
  with judged as (
    select
      account.id, account.did as account_did, standing.*,
      $1::text[] is not null and not coalesce(${cutsOff}, false) as open,
      coalesce((standing.hidden and standing.status = 'deleted') or standing.cut_reason = 'request', false) as ended
    from bluesky_user as account
    left join account_standing as standing on standing.user_id = account.id
    where case when $1::text[] is null then standing.user_id is not null else account.did = any($1) end
  ),
  chosen as (
    insert into settle_account (user_id, did, hidden, cut_rev, cut_bits, gone, xid)
    select
      id, account_did, coalesce(hidden, false),
      case when open then '~' else cut_rev end,
      case when open then 9223372036854775807 else cut_bits end,
      open or ended,
      coalesce(xid, '0')
    from judged
  )
  select
    count(*) as "accounts",
    count(*) filter (where user_id is not null and settled_at is null) as "waiting"
  from judged`

const posts = `
  select count(*) as "n"
  from settle_account as chosen
  join bluesky_post as stored on stored.user_id = chosen.user_id
  where stored.rev < chosen.cut_rev or stored.hidden <> chosen.hidden`

const newerPostsOf = `
  select count(*) as "n"
  from settle_account as chosen
  join bluesky_post as stored on stored.user_id = chosen.user_id
  where stored.rev >= chosen.cut_rev`

const handles = `
  select count(*) as "n"
  from settle_account as chosen
  join bluesky_user as account on account.id = chosen.user_id
  left join account_standing as standing on standing.user_id = chosen.user_id
  where chosen.gone and account.handle is not null and (chosen.cut_rev = '~' or ${handleIsGone})`

const messages = `
  select count(*) as "n"
  from settle_account as chosen
  join raw_message as message on message.did = chosen.did
  left join account_standing as standing on standing.user_id = chosen.user_id
  where chosen.cut_rev = '~' or ${messageIsGone}`

/** Of a day on which there is a post the account is rightly counted; of others it is not, and before the cut not even named. */
const contributionIsGone = `(
        (stored.n <> 0 or stored.day < (to_timestamp((chosen.cut_bits >> 10) / 1000000.0) at time zone 'UTC')::date)
        and not exists (
          select from bluesky_post as live
          where live.user_id = stored.user_id
            and live.operation <> 'delete'
            and not live.hidden
            and live.rev >= chosen.cut_rev
            and (to_timestamp(live.time_us / 1000000.0) at time zone 'UTC')::date = stored.day
        )
      )`

async function count(client: pg.Client, statement: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(statement)
  return rows[0]?.n ?? 0
}

function countOf(client: pg.Client, statement: string): Promise<number> {
  return onPartition(() => count(client, statement), 0)
}
