import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below where Linux (32768) and macOS (49152) begin to number outgoing connections: a port from there could be taken by
// a client while its server is down, and a client that dials its own number is even connected to itself.
const lowest = 15_000
const highest = 32_000

/** A port of 127.0.0.1 that nobody listens on now and that stays free while its server is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    const server = createServer()
    server.listen(port, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
