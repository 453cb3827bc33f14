/**
 * Text of a tsquery that matches posts having all of the lexemes, whatever characters strangers put into them. Inside
 * quotes only the quote and the backslash mean something, and doubling takes the meaning away.
 * @see https://www.postgresql.org/docs/18/datatype-textsearch.html#DATATYPE-TSQUERY
 */
export function allOf(lexemes: readonly string[]): string {
  return lexemes.map(quote).join(' & ')
}

/** The same for posts having any of them. */
export function anyOf(lexemes: readonly string[]): string {
  return lexemes.map(quote).join(' | ')
}

function quote(lexeme: string): string {
  return `'${lexeme.replaceAll(/['\\]/g, '$&$&')}'`
}
