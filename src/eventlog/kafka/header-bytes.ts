/** Whether two short Buffers hold the same: a loop, because a call of native code takes longer. */
export function isSame(bytes: Buffer, expected: Buffer): boolean {
  if (bytes.length !== expected.length) return false
  for (let at = 0; at < expected.length; at++) if (bytes[at] !== expected[at]) return false
  return true
}

/** A name as text and as bytes, made once as long as it stays the same: that of a host does for hours. */
export class LastName {
  #text = ''
  #bytes: Buffer = Buffer.alloc(0)

  bytes(text: string): Buffer {
    if (text !== this.#text) this.#set(text, Buffer.from(text))
    return this.#bytes
  }

  text(bytes: Buffer): string {
    // A copy: what is kept must not keep the answer alive that it came with.
    if (!isSame(bytes, this.#bytes)) this.#set(bytes.toString(), Buffer.from(bytes))
    return this.#text
  }

  #set(text: string, bytes: Buffer): void {
    this.#text = text
    this.#bytes = bytes
  }
}
