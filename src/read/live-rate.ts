/** Counts of the newest minutes at one moment. */
export interface Sample {
  /** Own clock, ms. */
  readonly wallMs: number
  /** Network time of the newest stored event, ms. */
  readonly asOfMs: number
  /** By minute (ms since 1970), how many events and posts are counted in it. */
  readonly minutes: ReadonlyMap<number, Counted>
}

interface Counted {
  readonly events: number
  readonly posts: number
}

export interface Rates {
  readonly eventsPerSecond: number
  readonly postsPerSecond: number
}

const minuteMs = 60_000
const windowMs = 10_000
/** Below this a rate over successive samples is mostly noise of batches. */
const leastMs = 3_000

/** Events per second of network time over about the last 10 s, from samples taken one after another. */
export interface RateMeter {
  add(sample: Sample): Rates
  /** The earliest minute (ms) that the next sample has to count, or null where there is no sample yet. */
  since(): number | null
}

export function createRateMeter(): RateMeter {
  let samples: Sample[] = []
  return {
    add(sample) {
      samples.push(sample)
      // The newest sample that lies a whole window back is the one to compare with; older ones are of no use.
      const base = samples.findLastIndex(
        (old) => old.asOfMs <= sample.asOfMs - windowMs || old.wallMs <= sample.wallMs - windowMs,
      )
      samples = samples.slice(Math.max(0, base))
      const [first] = samples
      if (!first) return { eventsPerSecond: 0, postsPerSecond: 0 }
      const passedMs = sample.asOfMs - first.asOfMs
      if (passedMs >= leastMs) return between(first, sample)
      if (sample.wallMs - first.wallMs >= windowMs) return { eventsPerSecond: 0, postsPerSecond: 0 }
      return ofMinutes(sample)
    },
    since: () => {
      const [first] = samples
      return first ? floorMinute(first.asOfMs) : null
    },
  }
}

function between(first: Sample, last: Sample): Rates {
  const since = floorMinute(first.asOfMs)
  let events = 0
  let posts = 0
  for (const [minute, counted] of last.minutes) {
    if (minute < since) continue
    const before = first.minutes.get(minute)
    events += counted.events - (before?.events ?? 0)
    posts += counted.posts - (before?.posts ?? 0)
  }
  return perSecond(events, posts, last.asOfMs - first.asOfMs)
}

/** Before there are samples enough: what the running minute and the one before hold, unless they are long over. */
function ofMinutes({ asOfMs, wallMs, minutes }: Sample): Rates {
  if (wallMs - asOfMs > windowMs) return { eventsPerSecond: 0, postsPerSecond: 0 }
  const running = floorMinute(asOfMs)
  const full = minutes.get(running - minuteMs)
  const part = minutes.get(running)
  return perSecond(
    (full?.events ?? 0) + (part?.events ?? 0),
    (full?.posts ?? 0) + (part?.posts ?? 0),
    asOfMs - running + (full ? minuteMs : 0),
  )
}

function perSecond(events: number, posts: number, ms: number): Rates {
  if (ms < 1) return { eventsPerSecond: 0, postsPerSecond: 0 }
  return {
    // An update or a delete moves a record from its old minute into the running one: never below zero all the same.
    eventsPerSecond: Math.max(0, (events * 1000) / ms),
    postsPerSecond: Math.max(0, (posts * 1000) / ms),
  }
}

function floorMinute(ms: number): number {
  return Math.floor(ms / minuteMs) * minuteMs
}
