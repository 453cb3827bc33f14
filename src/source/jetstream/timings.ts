/** Every wait of a Jetstream connection, ms. The defaults follow what hosts do; tests shorten them. */
export interface JetstreamTimings {
  /** Name resolution, TCP, TLS and upgrade together. */
  readonly handshakeMs: number
  /** Quiet time before our own ping: hosts ping each 30 s, but may slip to 60 s. */
  readonly silenceMs: number
  /** Further quiet time before the host counts as dead. */
  readonly pongMs: number
  /**
   * Time without an event after which a host that is alive is left for the next, where everything is asked for. The network
   * never paused for 8 s in any recording; small networks of one's own may.
   */
  readonly noEventsMs: number
  /** First limit of the exponential back-off, and its cap. */
  readonly backoffFirstMs: number
  readonly backoffCapMs: number
  /** A connection that brought events for this long was a success: the back-off starts over. */
  readonly stableMs: number
  /** Longest pause of the socket. Hosts drop readers that do not answer a ping within 5 s. */
  readonly pauseMs: number
  /** Patience for the peer's half of a close. */
  readonly closeMs: number
  /** Longest `Retry-After` that is obeyed. */
  readonly retryAfterCapMs: number
  /** Fetching a compression dictionary, and reading the body of a refusal. */
  readonly fetchMs: number
}

export const defaultTimings: JetstreamTimings = {
  handshakeMs: 10_000,
  silenceMs: 30_000,
  pongMs: 15_000,
  noEventsMs: 120_000,
  backoffFirstMs: 250,
  backoffCapMs: 30_000,
  stableMs: 10_000,
  pauseMs: 1_500,
  closeMs: 1_000,
  retryAfterCapMs: 300_000,
  fetchMs: 10_000,
}
