/** Weights of ranks 0, 1, 2 …: proportional to (rank + offset)^-slope. */
export interface Skew {
  readonly ranks: number
  readonly slope: number
  readonly offset: number
}

/** Turns a number of [0, 1) into a rank of [0, ranks) with the weights of a skew (by the continuous distribution). */
export function createRanking({ ranks, slope, offset }: Skew): (unit: number) => number {
  const count = Math.max(1, Math.floor(ranks))
  const power = 1 - slope
  const first = offset ** power
  const range = (count + offset) ** power - first
  return (unit) => {
    // exp and log, not **: V8 computes these two alike on every platform.
    const rank = Math.floor(Math.exp(Math.log(first + unit * range) / power) - offset)
    return rank < 0 ? 0 : rank < count ? rank : count - 1
  }
}

/** Turns a number of [0, 1) into a whole number n ≥ from with P(n) ∝ n^-alpha, at most the cap. */
export function createPowerLaw(options: { from: number; alpha: number; cap: number }): {
  readonly mean: number
  readonly draw: (unit: number) => number
} {
  const { from, alpha, cap } = options
  const cumulative: number[] = []
  let total = 0
  let weighted = 0
  for (let n = from; n <= cap; n++) {
    total += n ** -alpha
    weighted += n ** (1 - alpha)
    cumulative.push(total)
  }
  return {
    mean: weighted / total,
    draw: (unit) => from + lowerBound(cumulative, unit * total),
  }
}

/** Points of a distribution: [share of cases below, value], both rising. */
export type Quantiles = readonly (readonly [share: number, value: number])[]

/** Turns a number of [0, 1) into a value, straight between the points of the table, or straight in the logarithm. */
export function createQuantiles(
  table: Quantiles,
  scale: 'linear' | 'log',
): (unit: number) => number {
  const shares = table.map(([share]) => share)
  const values = table.map(([, value]) => (scale === 'log' ? Math.log(value) : value))
  return (unit) => {
    const upper = Math.min(Math.max(lowerBound(shares, unit), 1), shares.length - 1)
    const [low, high] = [shares[upper - 1] ?? 0, shares[upper] ?? 1]
    const [from, to] = [values[upper - 1] ?? 0, values[upper] ?? 0]
    const value = from + ((to - from) * (unit - low)) / (high - low)
    return scale === 'log' ? Math.exp(value) : value
  }
}

/** Turns a number of [0, 1) into an index, each as likely as its weight. */
export function createWeighted(weights: readonly number[]): (unit: number) => number {
  const cumulative: number[] = []
  let total = 0
  for (const weight of weights) {
    total += weight
    cumulative.push(total)
  }
  return (unit) => Math.min(lowerBound(cumulative, unit * total), weights.length - 1)
}

/** Index of the first item above the value (items rise), or the length. */
function lowerBound(items: readonly number[], value: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((items[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
