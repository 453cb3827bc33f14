import { listPosts } from '../contract/posts.ts'
import { uuidFloor } from '../event/ids.ts'
import { toPosts } from './engagement-totals.ts'
import { readSelection } from './filters.ts'
import { readNewest } from './newest-posts.ts'
import { readCursor, toPage } from './page.ts'
import { refuse } from './period.ts'
import { defineQuestion } from './question.ts'
import { hasSynthetic } from './sources.ts'

/** Clocks of clients differ: keys up to here in the future are shown, later ones would stay on top for long. */
const futureMs = 300_000
/** Greatest time that an id can hold. */
const lastMs = 2 ** 48 - 1

export const postsQuestion = defineQuestion(listPosts, async (query, context) => {
  const { limit, cursor, id: ids } = query
  const fromMs = query.from === undefined ? null : readTime('from', query.from)
  const toMs = query.to === undefined ? Number.POSITIVE_INFINITY : readTime('to', query.to)
  if (fromMs !== null && fromMs >= toMs) throw refuse('from', 'must be before to')
  // Who names a post has seen it, whatever its clock says.
  const end = uuidFloor(Math.min(toMs, ids ? lastMs : context.nowMs + futureMs))
  const ends = cursor === undefined ? [end] : [end, readCursor(cursor)]
  const page = {
    from: fromMs === null ? null : uuidFloor(fromMs),
    below: ends.sort()[0] ?? end,
    selection: await readSelection(query, context),
    ...(ids && { ids }),
  }
  const [found, synthetic] = await Promise.all([
    readNewest(page, limit + 1, context),
    hasSynthetic(context),
  ])
  const { rows, next } = toPage(found, limit)
  return { posts: await toPosts(rows, context), next, synthetic }
})

function readTime(parameter: string, text: string): number {
  const ms = Date.parse(text)
  if (Number.isFinite(ms)) return ms
  throw refuse(parameter, `${text} is no date that exists`)
}
