import { AppError } from '../../errors.ts'

/** An answer, and what to call at each sign of life of it. */
export interface Answer {
  readonly response: Response
  readonly touch: () => void
}

/** The whole body. Throws `SOURCE_REJECTED` where it is larger than `maxBytes`, whatever its header says. */
export async function readBody({ response, touch }: Answer, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    touch()
    bytes += part.length
    if (bytes > maxBytes) {
      const { host, pathname } = new URL(response.url)
      throw new AppError(
        'SOURCE_REJECTED',
        `The answer of ${host} to ${pathname} has more than ${maxBytes} bytes.`,
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts, bytes)
}

/** The first bytes of a body, fewer where it has fewer; the rest is let go of. */
export async function readStart({ response, touch }: Answer, wanted: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    touch()
    parts.push(part)
    bytes += part.length
    if (bytes >= wanted) break
  }
  return Buffer.concat(parts, bytes).subarray(0, wanted)
}
