/** Reasons of gaps that no source tells of: who stores, and who looks at what is stored, notices them. */

/** Gaps that end by themselves once their source has gone on past them. */
export const stallReasons = ['stalled', 'disconnected'] as const
export type StallReason = (typeof stallReasons)[number]

/** A gap of one collection; everything else was received. */
export const silenceReason = 'collection-silent'

export function isStallReason(reason: string): reason is StallReason {
  return stallReasons.some((known) => known === reason)
}
