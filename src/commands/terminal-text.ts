import { stripVTControlCharacters } from 'node:util'

/**
 * A stranger's text as a terminal may show it: on one line, without anything that moves the cursor, changes colours, writes
 * elsewhere or turns the direction of what follows. Escape sequences go as a whole, other controls become a space.
 */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll(/\p{Cc}+|[\u2028\u2029]+/gu, ' ')
    .replaceAll(
      /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Co}|[\u{e0000}-\u{e007f}]/gu,
      '',
    )
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]*$/u

/** Columns that a clean text takes on a terminal. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segments.segment(text)) width += graphemeWidth(segment)
  return width
}

/** A clean text in lines of at most so many columns, broken between words where there are any. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const word of text.split(/(?<= )/)) {
    const wordWidth = widthOf(word.trimEnd())
    if (width > 0 && width + wordWidth > columns) {
      lines.push(line.trimEnd())
      line = ''
      width = 0
    }
    for (const { segment } of segments.segment(word)) {
      const columnsOfOne = graphemeWidth(segment)
      if (width > 0 && width + columnsOfOne > columns && segment !== ' ') {
        lines.push(line)
        line = ''
        width = 0
      }
      line += segment
      width += columnsOfOne
    }
  }
  if (line.trimEnd() !== '' || lines.length === 0) lines.push(line.trimEnd())
  return lines
}

/** A table with its columns aligned; numbers to the right. The first row is the head. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  }
  const body = rows.slice(1)
  const isNumeric = widths.map(
    (_, index) =>
      body.length > 0 &&
      body.every((row) => /^([-–+~]?[\d,.]+ ?[%\w]*|[–-]?)$/.test(row[index] ?? '')),
  )
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - widthOf(cell))
        return isNumeric[index] ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}
