/** Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
const postgresEpochUs = 946_684_800_000_000
const postgresEpochDay = 10_957
const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const textOid = 25
const maxShort = 40

/**
 * Rows in PostgreSQL's binary COPY format, written into one growing buffer. The caller writes, for each row, the number of
 * columns and then every column in the order of the COPY statement; nothing checks that, except PostgreSQL.
 *
 * @see https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */
export class CopyEncoder {
  #buffer: Buffer
  #length = signature.length
  #rows = 0

  constructor(initialBytes = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
    signature.copy(this.#buffer)
  }

  /** Begins anew in the same memory. */
  reset(): void {
    this.#length = signature.length
    this.#rows = 0
  }

  row(columns: number): void {
    this.#reserve(2)
    this.#length = this.#buffer.writeInt16BE(columns, this.#length)
    this.#rows += 1
  }

  null(): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeInt32BE(-1, this.#length)
  }

  /** A UUID given as 16 characters below U+0100 (`Id` of `event/ids.ts`). */
  uuid(id: string): void {
    this.#reserve(20)
    this.#length = this.#buffer.writeInt32BE(16, this.#length)
    for (let i = 0; i < 16; i++) this.#buffer[this.#length++] = id.charCodeAt(i)
  }

  text(value: string | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#reserve(4 + value.length * 3)
    this.#writeText(value)
  }

  bool(value: boolean): void {
    this.#reserve(5)
    this.#length = this.#buffer.writeInt32BE(1, this.#length)
    this.#length = this.#buffer.writeUInt8(value ? 1 : 0, this.#length)
  }

  int2(value: number): void {
    this.#reserve(6)
    this.#length = this.#buffer.writeInt32BE(2, this.#length)
    this.#length = this.#buffer.writeInt16BE(value, this.#length)
  }

  int4(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeInt32BE(4, this.#length)
    this.#length = this.#buffer.writeInt32BE(value, this.#length)
  }

  int8(value: number | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#writeInt64(Math.floor(value / 0x100000000), value)
  }

  /** A 64-bit number from its halves of 32 bits, for numbers that a double cannot hold. */
  int8Halves(high: number, low: number): void {
    this.#writeInt64(high, low)
  }

  /** A timestamptz from µs since 1970. */
  timestamp(us: number | null): void {
    this.int8(us === null ? null : us - postgresEpochUs)
  }

  /** A date from days since 1970. */
  date(day: number): void {
    this.int4(day - postgresEpochDay)
  }

  /** jsonb from its text: the type's version byte, then the text. */
  jsonb(json: string | null): void {
    if (json === null) {
      this.null()
      return
    }
    this.#reserve(5 + json.length * 3)
    const start = this.#length
    this.#length = this.#buffer.writeUInt8(1, start + 4)
    this.#length += this.#buffer.write(json, this.#length)
    this.#buffer.writeInt32BE(this.#length - start - 4, start)
  }

  bytes(value: Uint8Array | null): void {
    if (value === null) {
      this.null()
      return
    }
    this.#reserve(4 + value.length)
    this.#length = this.#buffer.writeInt32BE(value.length, this.#length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** text[]: one dimension from 1, no nulls. */
  textArray(values: readonly string[]): void {
    this.#reserve(24)
    const start = this.#length
    this.#length += 4
    for (const head of [values.length === 0 ? 0 : 1, 0, textOid]) {
      this.#length = this.#buffer.writeInt32BE(head, this.#length)
    }
    if (values.length > 0) {
      this.#length = this.#buffer.writeInt32BE(values.length, this.#length)
      this.#length = this.#buffer.writeInt32BE(1, this.#length)
    }
    for (const value of values) {
      this.#reserve(4 + value.length * 3)
      this.#writeText(value)
    }
    this.#buffer.writeInt32BE(this.#length - start - 4, start)
  }

  /** tsvector of words without positions; the server sorts them and drops doubles. No word may hold U+0000. */
  tsvector(words: readonly string[]): void {
    this.#reserve(8)
    const start = this.#length
    this.#length = this.#buffer.writeInt32BE(words.length, start + 4)
    for (const word of words) {
      this.#reserve(word.length * 3 + 3)
      this.#length += this.#buffer.write(word, this.#length)
      this.#length = this.#buffer.writeUInt8(0, this.#length)
      this.#length = this.#buffer.writeUInt16BE(0, this.#length)
    }
    this.#buffer.writeInt32BE(this.#length - start - 4, start)
  }

  /** The finished message, in the encoder's own memory: valid until it is written to again. Null where there are no rows. */
  finish(): Buffer | null {
    if (this.#rows === 0) return null
    this.#reserve(2)
    this.#length = this.#buffer.writeInt16BE(-1, this.#length)
    return this.#buffer.subarray(0, this.#length)
  }

  #writeInt64(high: number, low: number): void {
    this.#reserve(12)
    this.#length = this.#buffer.writeInt32BE(8, this.#length)
    this.#length = this.#buffer.writeInt32BE(high | 0, this.#length)
    this.#length = this.#buffer.writeInt32BE(low | 0, this.#length)
  }

  #writeText(value: string): void {
    const start = this.#length
    const bytes = this.#writeShort(value, start + 4) ?? this.#buffer.write(value, start + 4)
    this.#buffer.writeInt32BE(bytes, start)
    this.#length = start + 4 + bytes
  }

  /** Writes a short ASCII text byte by byte, a third of what the call into native code costs; null where it is neither. */
  #writeShort(value: string, at: number): number | null {
    const { length } = value
    if (length > maxShort) return null
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) return null
      this.#buffer[at + i] = code
    }
    return length
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
