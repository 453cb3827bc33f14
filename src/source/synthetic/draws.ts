/**
 * Random numbers that depend on nothing but a place: (seed, stream, a, b). Whoever asks again for the same place draws the
 * same numbers, so anything in the synthetic network can be worked out again from where it stands, without memory.
 */
export class Draws {
  readonly #seed: number
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor(seed: number) {
    this.#seed = scramble(seed | 0)
  }

  /**
   * Goes to the beginning of a place's numbers. Two places never share their state: each step below is a bijection of
   * the coordinate it takes in. `a` and `b` are whole numbers of at most 32 bits.
   */
  at(stream: number, a: number, b: number): this {
    this.#a = scramble(this.#seed + Math.imul(stream, 0x9e3779b1))
    this.#b = scramble((a | 0) ^ this.#a)
    this.#c = scramble((b | 0) ^ this.#b)
    this.#d = 1
    for (let i = 0; i < 4; i++) this.int32()
    return this
  }

  /** The next 32 bits, signed: the generator sfc32 (Chris Doty-Humphrey's "small fast counting", public domain). */
  int32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum
  }

  /** A number in [0, 1). */
  unit(): number {
    return (this.int32() >>> 0) / 0x100000000
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** One of the items, each as likely. The list must not be empty. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  /** A Poisson number with this mean; by the normal approximation above 40. */
  poisson(mean: number): number {
    if (mean > 40) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.unit()))
      const normal = radius * Math.cos(2 * Math.PI * this.unit())
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
    }
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = this.unit(); product > limit; product *= this.unit()) count++
    return count
  }
}

/** A bijection of 32-bit numbers that spreads every bit (the finaliser of MurmurHash3). */
function scramble(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
