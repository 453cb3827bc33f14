/** Collections that the synthetic network writes to. */
export const nsid = {
  post: 'app.bsky.feed.post',
  like: 'app.bsky.feed.like',
  repost: 'app.bsky.feed.repost',
  follow: 'app.bsky.graph.follow',
  block: 'app.bsky.graph.block',
  listItem: 'app.bsky.graph.listitem',
  profile: 'app.bsky.actor.profile',
} as const
