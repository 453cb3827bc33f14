import type { Nsid } from '../event/event.ts'

/** Posts have a table of their own; all other collections share one. */
export const post = { nsid: 'app.bsky.feed.post' as Nsid }
