export interface EventWatch {
  /** An event came, or is kept from coming by us. Cheap, for it is called per message. */
  came(): void
  stop(): void
}

/**
 * Gives up a connection on which no event comes for so long, ms, though the peer is alive. Only where everything is asked
 * for: a narrow filter is rightly silent for hours.
 */
export function watchEvents(limitMs: number, giveUp: (quietMs: number) => void): EventWatch {
  let lastMs = performance.now()
  let timer = setTimeout(check, limitMs)

  function check(): void {
    const quietMs = performance.now() - lastMs
    if (quietMs >= limitMs) giveUp(quietMs)
    else timer = setTimeout(check, Math.ceil(limitMs - quietMs))
  }

  return {
    came() {
      lastMs = performance.now()
    },
    stop: () => clearTimeout(timer),
  }
}
