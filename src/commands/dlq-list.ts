import { AppError } from '../errors.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { countReasons, listDeadLetters } from '../store/dead-letters.ts'
import { type DlqFlags, openDlq, requireId } from './dlq.ts'
import { alignColumns, cleanText } from './terminal-text.ts'

export interface DlqListFlags extends DlqFlags {
  readonly limit: string
  readonly before?: string
}

const mostListed = 10_000
const shownReason = 60

/** How many messages wait by reason, and the newest of them. */
export async function dlqList(flags: DlqListFlags): Promise<void> {
  const limit = Number(flags.limit)
  if (!Number.isInteger(limit) || limit < 0 || limit > mostListed) {
    throw new AppError('USAGE_INVALID', `--limit ${flags.limit} is no number of messages`, {
      hint: `Use a whole number up to ${mostListed}.`,
    })
  }
  const before = flags.before === undefined ? null : requireId(flags.before)
  await using dlq = await openDlq(flags)
  const choice = { reason: flags.reason }
  const reasons = await countReasons(dlq.db, choice)
  const messages = limit > 0 ? await listDeadLetters(dlq.db, choice, { limit, before }) : []
  const next = messages.length === limit && limit > 0 ? (messages.at(-1)?.id ?? null) : null
  if (flags.json) {
    console.log(JSON.stringify({ reasons, messages, next }, null, 2))
    return
  }
  if (reasons.length === 0) {
    console.log('No message waits.')
    return
  }
  const byReason = reasons.map(({ reason, n, oldest, newest }) => [
    cleanText(reason),
    formatCount(n),
    oldest.toISOString(),
    newest.toISOString(),
  ])
  const byMessage = messages.map(({ id, setAsideAt, host, kind, bytes, reason }) => [
    id,
    setAsideAt.toISOString(),
    cleanText(host),
    cleanText(kind ?? '–'),
    formatCount(bytes),
    cleanText(reason).slice(0, shownReason),
  ])
  const lines = alignColumns([['reason', 'messages', 'oldest', 'newest'], ...byReason])
  if (messages.length > 0) {
    const head = ['id', 'set aside', 'host', 'kind', 'bytes', 'reason']
    lines.push('', ...alignColumns([head, ...byMessage]))
  }
  console.log(lines.join('\n'))
  if (next !== null) console.log(`\nMore: dlq list --before ${next}`)
}
