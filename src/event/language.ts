/** Language of a post that declares none. @see https://www.rfc-editor.org/rfc/rfc5646 */
export const undetermined = 'und'

const maxRemembered = 5_000
const remembered = new Map<string, string | null>()

/**
 * Declared language tags folded to primary subtags, each once: `en-US`, `en`, `eng` are all `en`. Tags that are none are
 * left out; nothing left is `und`.
 */
export function foldLanguages(declared: readonly string[]): readonly string[] {
  const folded = new Set<string>()
  for (const tag of declared) {
    const language = foldLanguage(tag)
    if (language !== null) folded.add(language)
  }
  return folded.size > 0 ? [...folded] : [undetermined]
}

/** The primary subtag of one tag, canonical (`iw` is `he`), or null where it is no language tag. */
export function foldLanguage(tag: string): string | null {
  const known = remembered.get(tag)
  if (known !== undefined) return known
  const language = canonical(tag)
  // Strangers choose the tags: what is remembered is bounded.
  if (remembered.size < maxRemembered && tag.length <= 35) remembered.set(tag, language)
  return language
}

function canonical(tag: string): string | null {
  if (!/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$/.test(tag)) return null
  try {
    return new Intl.Locale(tag.replaceAll('_', '-')).language || null
  } catch {
    return null // well-formed letters that are no tag, such as doubled extensions
  }
}
