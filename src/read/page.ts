import { AppError } from '../errors.ts'

/** Opaque cursor of a page that ends with a row's id (a UUID). */
export function formatCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

/** The id in a cursor, as the text of a UUID. Throws `AppError` `CURSOR_INVALID`. */
export function readCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) {
    throw new AppError('CURSOR_INVALID', `cursor ${JSON.stringify(cursor)} is not one of ours`, {
      hint: 'Pass `next` of the page before as it was, or leave it out for the first page.',
      parameters: [{ parameter: 'cursor', message: 'right would be `next` of the page before' }],
    })
  }
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A page from the rows found, of which there is one too many where another page follows. */
export function toPage<Row extends { readonly id: string }>(
  found: readonly Row[],
  limit: number,
): { rows: readonly Row[]; next: string | null } {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: last && found.length > limit ? formatCursor(last.id) : null }
}
