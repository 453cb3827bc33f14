/**
 * Whether to bet that the rows of a batch are not stored yet. Copying them straight in is the cheapest way by a third (measured in
 * docs/benchmarks.md); a lost bet costs the copy. After a loss the next batches are merged without betting, twice as many each
 * time, so that a replay of what is stored pays for few.
 */
export class Bet {
  #patience = 0
  #sittingOut = 0

  /** Asked once a batch. */
  isOn(): boolean {
    if (this.#sittingOut === 0) return true
    this.#sittingOut -= 1
    return false
  }

  won(): void {
    this.#patience = 0
  }

  lost(): void {
    this.#patience = Math.min(64, this.#patience * 2 + 1)
    this.#sittingOut = this.#patience
  }
}
