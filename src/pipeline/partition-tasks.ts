interface Task {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/**
 * One task for each partition that this process has. A partition that is taken away stops its task, which finishes what it
 * has in hand; one that comes back meanwhile waits for that.
 */
export class PartitionTasks {
  readonly #run: (partition: number, until: AbortSignal) => Promise<void>
  readonly #signal: AbortSignal
  readonly #running = new Map<number, Task>()
  readonly #ending = new Map<number, Promise<void>>()

  /**
   * @param run does the work of a partition until the signal it is given aborts; must not reject
   * @param signal stops all of them
   */
  constructor(run: (partition: number, until: AbortSignal) => Promise<void>, signal: AbortSignal) {
    this.#run = run
    this.#signal = signal
  }

  /** The partitions of this process, in order. */
  get partitions(): readonly number[] {
    return [...this.#running.keys()].sort((a, b) => a - b)
  }

  /** Starts and stops tasks so that these partitions have one each, and no others. */
  assign(partitions: readonly number[]): void {
    for (const [partition, { stop, done }] of this.#running) {
      if (partitions.includes(partition)) continue
      this.#running.delete(partition)
      this.#ending.set(partition, done)
      stop.abort(new Error(`partition ${partition} was given to another worker`))
    }
    for (const partition of partitions) {
      if (this.#running.has(partition) || this.#signal.aborted) continue
      this.#running.set(partition, this.#start(partition))
    }
  }

  /** Resolves when no task is at work any more. To be called when the signal has aborted. */
  async ended(): Promise<void> {
    const tasks = [...this.#running.values()].map(({ done }) => done)
    await Promise.all([...tasks, ...this.#ending.values()])
  }

  #start(partition: number): Task {
    const stop = new AbortController()
    const until = AbortSignal.any([this.#signal, stop.signal])
    const before = this.#ending.get(partition) ?? Promise.resolve()
    const done = before.then(() => (until.aborted ? undefined : this.#run(partition, until)))
    return { stop, done }
  }
}
