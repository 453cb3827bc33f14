import type pg from 'pg'

/** Microseconds since 1970 in a revision. */
const cutUs = '(standing.cut_bits >> 10)'

const isDeleted = `(standing.hidden and standing.status = 'deleted')`

/**
 * Takes the handle from the chosen accounts that are gone, as far as it was said before they went. The seq that it is kept with
 * is raised to that of their end, so that what was said even before does not bring one back.
 */
export async function removeHandles(client: pg.Client): Promise<void> {
  await client.query(`
    update bluesky_user as account
    set handle = null,
        identity_seq = ${endSeq},
        updated_at = now()
    from settle_account as chosen
    join account_standing as standing on standing.user_id = chosen.user_id
    where account.id = chosen.user_id and chosen.gone and ${handleIsGone}`)
}

/** Of a request only the time is known: whatever had been said by then. */
const endSeq = `case when ${isDeleted} then account.account_seq else greatest(account.identity_seq, account.seq) end`

/** Of `bluesky_user as account` and its entry `standing`. */
export const handleIsGone = `case
      when ${isDeleted} then coalesce(account.identity_seq, -1) < account.account_seq
      else
        (account.handle is not null or coalesce(account.identity_seq, -1) < account.seq)
        and coalesce(extract(epoch from account.bsky_timestamp) * 1000000 < ${cutUs}, true)
    end`

/** Deletes the messages that were set aside of accounts that are gone, as far as they are older than their end. */
export async function removeMessages(client: pg.Client): Promise<void> {
  await client.query(`
    delete from raw_message as message
    using account_standing as standing
    where standing.did = message.did and ${messageIsGone}`)
}

/** Of `raw_message as message` and its account's entry `standing`. */
export const messageIsGone = `(
      (${isDeleted} or standing.cut_reason in ('deleted', 'request'))
      and coalesce(message.time_us < ${cutUs}, true)
    )`
