/** What the invented posts are about. Hashtags, noun phrases and links of one post share its topic. */
export const topics = [
  'garden',
  'birds',
  'baking',
  'sky',
  'cycling',
  'books',
  'music',
  'weather',
  'cats',
  'trains',
  'coffee',
  'games',
] as const
export type Topic = (typeof topics)[number]

/**
 * Word lists of one language, invented for this program. In sentences `{x}` stands for one of the topic's noun phrases;
 * the sentences are built so that every phrase fits every one of them.
 */
export interface Words {
  /** Reactions of one to four words. */
  readonly short: readonly string[]
  readonly sentences: readonly string[]
  readonly replies: readonly string[]
  /** Noun phrases by topic; languages with few posts have none, and no `{x}` either. */
  readonly nouns?: Readonly<Record<Topic, readonly string[]>>
  /** What stands between two sentences: nothing in Japanese, Chinese and Thai. */
  readonly joiner: '' | ' '
}
