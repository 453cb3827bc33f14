import type { Component } from '../contract/health.ts'

type Name = Component['name']
type State = Component['state']

/** What each stage of this process says about itself, for `/health`. `since` moves when a state changes, not its detail. */
export class StatusBoard {
  readonly #components = new Map<Name, Component>()
  readonly #onSet: () => void

  /** @param onSet told of each report */
  constructor(onSet: () => void = () => undefined) {
    this.#onSet = onSet
  }

  set(name: Name, state: State, detail: string): void {
    const known = this.#components.get(name)
    const since = known?.state === state ? known.since : new Date().toISOString()
    this.#components.set(name, { name, state, since, detail })
    this.#onSet()
  }

  get(name: Name): Component | undefined {
    return this.#components.get(name)
  }

  all(): Component[] {
    return [...this.#components.values()]
  }
}
