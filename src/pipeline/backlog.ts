/** Whether there is more in a partition than was stored. Cheap to ask: the brokers are asked in the background. */
export interface Backlog {
  isBehind(partition: number, nextOffset: number): boolean
}

/** @param readEnds asks the brokers for the end of each partition; where they do not answer, nothing is known to wait */
export function createBacklog(readEnds: () => Promise<ReadonlyMap<number, number>>): Backlog {
  let ends: ReadonlyMap<number, number> = new Map()
  let asking = false
  const ask = async () => {
    asking = true
    ends = await readEnds().catch(() => new Map<number, number>()) // the reader of the log says what is wrong
    asking = false
  }
  return {
    isBehind(partition, nextOffset) {
      if (!asking) void ask()
      return (ends.get(partition) ?? 0) > nextOffset
    },
  }
}
