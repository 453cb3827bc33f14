const skinTones = /[\u{1F3FB}-\u{1F3FF}]/gu
/** Cheap signs that a text may hold an emoji: a pictograph, a flag's letter, a keycap. */
const sign = /[\p{Extended_Pictographic}\u{1F1E6}-\u{1F1FF}\u20E3]/u
/** Everything that an emoji sequence is made of. */
const stretch =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: the joiner is meant as one of the parts
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{1F1E6}-\u{1F1FF}\u200D\uFE0F\u20E3\u{E0020}-\u{E007F}#*0-9]+/gu
const emoji = /\p{RGI_Emoji}/gv

/**
 * The emoji of a text, each once, in order: whole glyphs as Unicode recommends them for interchange, skin tones folded away.
 * The expensive expression is asked only about the stretches that can hold one: 20 µs a post otherwise.
 *
 * @see https://unicode.org/reports/tr51/#def_rgi_set
 */
export function readEmoji(text: string): string[] {
  if (!sign.test(text)) return []
  const found = new Set<string>()
  for (const part of text.match(stretch) ?? []) {
    for (const glyph of part.match(emoji) ?? []) found.add(glyph.replace(skinTones, ''))
  }
  return [...found]
}
