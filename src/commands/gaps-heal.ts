import { AppError } from '../errors.ts'
import { formatTimeUs } from '../event/time.ts'
import { requireSameKind } from '../pipeline/database.ts'
import { type Healed, healGaps } from '../pipeline/heal.ts'
import { formatCount } from '../pipeline/numbers.ts'
import type { CommandContext, DatabaseFlags } from './command-context.ts'
import { openGaps, storeLimits } from './gaps.ts'
import { cleanText } from './terminal-text.ts'
import { openTimeBar } from './time-bar.ts'

export interface GapsHealFlags extends DatabaseFlags {
  readonly all?: boolean
}

const marks = {
  filled: '✓',
  shrunk: '!',
  left: '✗',
  skipped: '–',
  interrupted: '–',
} as const satisfies Record<Healed['outcome'], string>

/** Fills gaps with what the configured hosts still have. False where something of them is left, or it was stopped. */
export async function gapsHeal(
  ids: readonly string[],
  flags: GapsHealFlags,
  { signal }: CommandContext,
): Promise<boolean> {
  if (ids.length > 0 === (flags.all === true)) {
    throw new AppError('USAGE_INVALID', 'say which: one or more ids, or --all', {
      hint: 'gaps list shows the ids.',
    })
  }
  const wanted = flags.all ? null : ids.map(readId)
  await using opened = await openGaps(flags)
  const { url, config, logger } = opened
  await requireSameKind(url, config.SOURCE === 'synthetic')
  const bar = openTimeBar(flags.json === true)
  const healed = await healGaps({
    databaseUrl: url,
    hosts: config.SOURCE === 'jetstream' ? config.JETSTREAM_URL : [],
    ids: wanted,
    wire: config.JETSTREAM_WIRE,
    collections: config.JETSTREAM_COLLECTIONS,
    dids: config.JETSTREAM_DIDS,
    compress: config.JETSTREAM_COMPRESS,
    apiKey: config.JETSTREAM_API_KEY || null,
    limits: storeLimits(config),
    signal,
    logger,
    onProgress: ({ fromUs, toUs }, timeUs) => bar.update({ fromUs, toUs, timeUs }),
    onEnd(one) {
      bar.clear()
      if (!flags.json) console.log(describe(one))
    },
  })
  bar.clear()
  const missing = (wanted ?? []).filter((id) => !healed.some(({ gap }) => gap.id === id))
  if (missing.length > 0 && !signal.aborted) {
    throw new AppError('NOT_FOUND', `there is no gap ${missing.join(', ')}`, {
      hint: 'gaps list --all shows them.',
    })
  }
  if (flags.json) console.log(JSON.stringify({ gaps: healed.map(toJson) }, null, 2))
  else if (healed.length === 0) console.log('No gap is open.')
  return (
    !signal.aborted && healed.every(({ outcome }) => outcome === 'filled' || outcome === 'skipped')
  )
}

function readId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new AppError('USAGE_INVALID', `${text} is no id of a gap`, {
    hint: 'gaps list shows them.',
  })
}

function describe({ gap, outcome, detail, stored, leftToUs }: Healed): string {
  const left =
    outcome === 'shrunk' && leftToUs !== null
      ? `; ${formatTimeUs(gap.fromUs)} to ${formatTimeUs(leftToUs)} is left`
      : ''
  const events = stored > 0 ? `${formatCount(stored)} events, ` : ''
  return `${marks[outcome]} gap ${gap.id} ${outcome}: ${events}${cleanText(detail)}${left}`
}

function toJson({ gap, outcome, detail, stored, leftToUs }: Healed) {
  return {
    id: gap.id,
    outcome,
    detail,
    stored,
    leftTo: leftToUs === null ? null : formatTimeUs(leftToUs),
  }
}
