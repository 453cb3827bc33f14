import type { DimensionName } from '#contract/common.ts'

/** Categorical colours are numbered 1 to 5; what is left over is grey (6). See --series-1… in theme.css. */
export type ColorIndex = 1 | 2 | 3 | 4 | 5 | 6
const slots = [1, 2, 3, 4, 5] as const

/** Which key holds which colour, the longest unseen first. */
export type ColorMemory = ReadonlyMap<string, ColorIndex>

const fixed: Readonly<Record<string, ColorIndex>> = {
  'app.bsky.feed.like': 1,
  'app.bsky.feed.post': 2,
  'app.bsky.feed.repost': 3,
  'app.bsky.graph.follow': 4,
  'app.bsky.graph.block': 5,
  'app.bsky.feed.like/create': 1,
  'app.bsky.feed.post/create': 2,
  'app.bsky.feed.repost/create': 3,
  'app.bsky.graph.follow/create': 4,
}

/**
 * Gives each key a colour that it keeps for as long as it is shown: a remembered one, else a free one, else the one of the key that
 * has not been shown for longest. At most five keys.
 */
export function assignColors(memory: ColorMemory, keys: readonly string[]): ColorMemory {
  const shown = keys.slice(0, slots.length)
  const taken = new Map<string, ColorIndex>()
  const used = new Set<ColorIndex>()
  const claim = (key: string, color: ColorIndex | undefined) => {
    if (color === undefined || used.has(color) || taken.has(key)) return
    taken.set(key, color)
    used.add(color)
  }
  for (const key of shown) claim(key, memory.get(key))
  for (const key of shown) claim(key, fixed[key])
  const remembered = [...memory].filter(([key]) => !taken.has(key))
  const lastHeld = new Set(remembered.map(([, color]) => color))
  const free = [
    ...slots.filter((slot) => !lastHeld.has(slot)),
    ...remembered.map(([, color]) => color),
    ...slots,
  ]
  for (const key of shown)
    claim(
      key,
      free.find((color) => !used.has(color)),
    )
  const kept = remembered.filter(([, color]) => !used.has(color))
  return new Map([...kept, ...taken])
}

const memories = new Map<DimensionName, ColorMemory>()

/** The colours of the keys of a chart, remembered for this visit. */
export function colorsOf(dimension: DimensionName, keys: readonly string[]): ColorMemory {
  const next = assignColors(memories.get(dimension) ?? new Map(), keys)
  memories.set(dimension, next)
  return next
}
