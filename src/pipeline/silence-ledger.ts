import { setTimeout } from 'node:timers/promises'
import type { Pool } from '../db/pool.ts'
import { silenceReason } from '../event/ledger-reasons.ts'
import { createSilenceWatch, type Silence } from '../read/silence-watch.ts'
import { closeSilence, listSilences, openGap } from '../store/gaps.ts'
import { readStoredPosition } from '../store/stored-sources.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface SilenceLedgerOptions {
  readonly db: Pool
  /** Name under which the position of what is listened to is kept. */
  readonly source: string
  /** Whether a collection is asked for at all. */
  readonly follows: (collection: string) => boolean
  /** Time between two looks, ms. Default: 30,000. */
  readonly lookMs?: number | undefined
  readonly signal: AbortSignal
  readonly logger: Logger
}

const usualLookMs = 30_000

/**
 * Notes collections that fell silent while others flow in the ledger of gaps, and when they are heard again, until the signal
 * aborts. Several processes may do so for one database.
 */
export async function keepSilenceLedger(options: SilenceLedgerOptions): Promise<void> {
  const { db, follows, signal, logger, lookMs = usualLookMs } = options
  const read = createSilenceWatch({ db, now: Date.now, follows })
  while (!signal.aborted) {
    await setTimeout(lookMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
    if (signal.aborted) return
    try {
      await noteSilences(await read(), options)
    } catch (error) {
      if (!signal.aborted) logger.debug({ error }, 'silent collections cannot be noted now')
    }
  }
}

/** Brings the ledger in line with what is silent now. */
export async function noteSilences(
  { collections }: Pick<Silence, 'collections'>,
  { db, source, logger }: Pick<SilenceLedgerOptions, 'db' | 'source' | 'logger'>,
): Promise<void> {
  const silent = collections.filter((age) => age.silent)
  const stored = silent.length > 0 ? await readStoredPosition(db, source) : null
  for (const { collection, newestMs } of stored ? silent : []) {
    const gap = {
      source,
      host: stored?.host ?? '',
      fromUs: newestMs * 1_000,
      reason: silenceReason,
      detail: collection,
    }
    if ((await openGap(db, gap)) === null) continue
    logger.warn({ collection, since: new Date(newestMs).toISOString() }, 'a collection is silent')
  }
  const stillSilent = new Set(silent.map(({ collection }) => collection))
  for (const gap of await listSilences(db, source)) {
    if (stillSilent.has(gap.detail ?? '') || !(await closeSilence(db, gap))) continue
    logger.info({ gap: gap.id, collection: gap.detail }, 'a collection is heard again')
  }
}
