import { raw } from '../db/sql.ts'

/**
 * Condition on `bluesky_post p`: a post that may be shown. What the deletion ledger says of an account holds at once, also while
 * its older rows still wait to be put right.
 */
export const shown = raw(`(
  p.operation <> 'delete'
  and not p.hidden
  and not exists (
    select
    from account_standing s
    where s.user_id = p.user_id
      and s.settled_at is null
      and (s.hidden or p.rev < s.cut_rev)
  )
)`)
