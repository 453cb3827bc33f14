import { setImmediate } from 'node:timers/promises'

/** Longest that work goes on before PostgreSQL's answers get a turn, ms: its idle time is what limits a replay. */
const sliceMs = 0.2
/** Steps between two looks at the clock. */
const stepsPerLook = 20

/** Cuts long work that nobody waits for into slices: after each step, `if (breaks.due()) await breaks.take()`. */
export class Breaks {
  #sliceStart = performance.now()
  #steps = 0

  due(): boolean {
    return ++this.#steps % stepsPerLook === 0 && performance.now() - this.#sliceStart >= sliceMs
  }

  async take(): Promise<void> {
    await setImmediate()
    this.#sliceStart = performance.now()
  }
}
