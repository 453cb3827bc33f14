/**
 * Starts work on the next few items while the first is used, and hands the results on in order. What was started is
 * aborted when the reader goes away.
 */
export async function* workAhead<T, R>(
  items: Iterable<T>,
  count: number,
  signal: AbortSignal,
  start: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<readonly [item: T, result: R]> {
  const left = new AbortController()
  const either = AbortSignal.any([signal, left.signal])
  const started: { item: T; result: Promise<R> }[] = []
  const rest = items[Symbol.iterator]()
  const startMore = () => {
    while (started.length < count) {
      const next = rest.next()
      if (next.done) return
      const result = start(next.value, either)
      result.catch(() => undefined) // whoever comes to it awaits it
      started.push({ item: next.value, result })
    }
  }
  try {
    for (startMore(); ; startMore()) {
      const first = started.shift()
      if (!first) return
      yield [first.item, await first.result]
    }
  } finally {
    left.abort()
  }
}
