export interface WatchdogOptions {
  /** Quiet time after which the peer is asked for a sign of life, ms. */
  readonly silenceMs: number
  /** Further quiet time after which it counts as dead, ms. */
  readonly pongMs: number
  /** Bytes received so far: a message so large that it takes longer than the watchdog waits is a sign of life too. */
  readonly bytesReceived: () => number
  readonly ask: () => void
  readonly giveUp: (quietMs: number) => void
}

export interface Watchdog {
  /** A message, ping or pong came. Cheap, for it is called per message. */
  alive(): void
  /** How long there was no sign of life, ms. */
  quietMs(): number
  stop(): void
}

/**
 * Tells a quiet peer from a dead one. It judges by signs of life, never by events: a narrow filter is rightly silent
 * for hours. One timer is re-armed when it fires, not per message.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  let lastMs = performance.now()
  let askedAtBytes: number | null = null
  let timer = setTimeout(check, options.silenceMs)

  const quietMs = () => performance.now() - lastMs

  function check(): void {
    const bytes = options.bytesReceived()
    if (askedAtBytes !== null && bytes !== askedAtBytes) alive()
    const leftMs = options.silenceMs - quietMs()
    if (leftMs > 0) {
      arm(leftMs)
    } else if (askedAtBytes === null) {
      askedAtBytes = bytes
      options.ask()
      arm(options.pongMs)
    } else {
      options.giveUp(quietMs())
    }
  }

  function alive(): void {
    lastMs = performance.now()
    askedAtBytes = null
  }

  function arm(ms: number): void {
    timer = setTimeout(check, Math.ceil(ms))
  }

  return { alive, quietMs, stop: () => clearTimeout(timer) }
}
