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
  let verdict: NodeJS.Immediate | undefined

  const quietMs = () => performance.now() - lastMs

  function check(): void {
    const leftMs = options.silenceMs - quietMs()
    if (leftMs > 0) {
      arm(leftMs)
    } else if (askedAtBytes === null) {
      askedAtBytes = options.bytesReceived()
      options.ask()
      arm(options.pongMs)
    } else {
      // After a stall of this process the answer may be here already, unread: timers run before the sockets are read.
      verdict = setImmediate(judge)
    }
  }

  function judge(): void {
    if (askedAtBytes !== null && options.bytesReceived() !== askedAtBytes) alive()
    if (quietMs() < options.silenceMs) arm(options.silenceMs)
    else options.giveUp(quietMs())
  }

  function alive(): void {
    lastMs = performance.now()
    askedAtBytes = null
  }

  function arm(ms: number): void {
    timer = setTimeout(check, Math.ceil(ms))
  }

  function stop(): void {
    clearTimeout(timer)
    clearImmediate(verdict)
  }

  return { alive, quietMs, stop }
}
