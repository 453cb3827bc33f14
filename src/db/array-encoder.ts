/** Element types of arrays: their oid, their width in bytes where it is fixed, and where their clock begins, seen from 1970. */
const types = {
  bool: { oid: 16, width: 1, epoch: 0 },
  uuid: { oid: 2_950, width: 16, epoch: 0 },
  text: { oid: 25, width: null, epoch: 0 },
  int2: { oid: 21, width: 2, epoch: 0 },
  int4: { oid: 23, width: 4, epoch: 0 },
  int8: { oid: 20, width: 8, epoch: 0 },
  /** From µs since 1970. */
  timestamptz: { oid: 1_184, width: 8, epoch: 946_684_800_000_000 },
  /** From days since 1970. */
  date: { oid: 1_082, width: 4, epoch: 10_957 },
} as const
export type ElementType = keyof typeof types

const headerBytes = 20

/**
 * An array in PostgreSQL's binary format, one dimension from 1. `pg` sends a Buffer as it is, so that thousands of values cost
 * one parameter and no text on either side: rows for `unnest`, without a table to stage them in. UUIDs are given as 16
 * characters below U+0100 (`Id` of `event/ids.ts`).
 *
 * @see https://doxygen.postgresql.org/arrayfuncs_8c.html array_recv
 */
export function encodeArray(
  type: ElementType,
  values: readonly (string | number | boolean | null)[],
): Buffer {
  const { oid, width, epoch } = types[type]
  const buffer = Buffer.allocUnsafe(headerBytes + roomFor(values, width))
  let at = 0
  let hasNull = 0
  for (const word of [values.length === 0 ? 0 : 1, 0, oid, values.length, 1]) {
    at = buffer.writeInt32BE(word, at)
  }
  if (values.length === 0) return buffer.subarray(0, 12)
  for (const value of values) {
    if (value === null) {
      hasNull = 1
      at = buffer.writeInt32BE(-1, at)
    } else if (typeof value !== 'string') {
      at = writeNumber(buffer, at, Number(value) - epoch, width ?? 0)
    } else {
      const bytes = buffer.write(value, at + 4, width === null ? 'utf8' : 'latin1')
      buffer.writeInt32BE(bytes, at)
      at += 4 + bytes
    }
  }
  buffer.writeInt32BE(hasNull, 4)
  return buffer.subarray(0, at)
}

function roomFor(
  values: readonly (string | number | boolean | null)[],
  width: number | null,
): number {
  if (width !== null) return values.length * (4 + width)
  return values.reduce<number>((sum, value) => sum + 4 + String(value).length * 3, 0)
}

function writeNumber(buffer: Buffer, start: number, value: number, width: number): number {
  let at = buffer.writeInt32BE(width, start)
  if (width === 8) {
    at = buffer.writeInt32BE(Math.floor(value / 0x100000000) | 0, at)
    return buffer.writeInt32BE(value | 0, at)
  }
  if (width === 4) return buffer.writeInt32BE(value, at)
  return width === 2 ? buffer.writeInt16BE(value, at) : buffer.writeInt8(value, at)
}
