/**
 * A stranger's text as PostgreSQL can hold it: no U+0000 (neither text nor jsonb takes it) and no lone surrogates
 * (jsonb refuses them); each becomes U+FFFD. Nearly all texts come back as they are.
 */
export function cleanText(text: string): string {
  const withoutNul = text.includes('\0') ? text.replaceAll('\0', '\u{FFFD}') : text
  return withoutNul.isWellFormed() ? withoutNul : withoutNul.toWellFormed()
}
