/**
 * A question asked by one at a time and not again for a while: who asks meanwhile gets the same answer. Failures are not
 * kept.
 *
 * @param now clock, ms
 */
export function remember<Answer>(
  keepMs: number,
  now: () => number,
  find: () => Promise<Answer>,
): () => Promise<Answer> {
  let known: { readonly answer: Promise<Answer>; readonly untilMs: number } | null = null
  return () => {
    if (known && known.untilMs > now()) return known.answer
    const asked = { answer: find(), untilMs: now() + keepMs }
    known = asked
    asked.answer.catch(() => {
      if (known === asked) known = null
    })
    return asked.answer
  }
}
