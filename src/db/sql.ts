/** A statement with its parameters kept apart, as `pg` takes them. Parts that are themselves statements are spliced in. */
export interface Sql {
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * Tagged template for one statement. A value becomes a parameter, another `Sql` is spliced in with its own parameters;
 * nothing is ever quoted into the text.
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  const values: unknown[] = []
  let text = strings[0] ?? ''
  for (const [index, part] of parts.entries()) {
    text += isSql(part) ? renumber(part, values) : `$${values.push(part)}`
    text += strings[index + 1] ?? ''
  }
  return { text, values }
}

/** Text that is code, from a constant of this program, never from input: a column, a table, an interval. */
export function raw(text: string): Sql {
  return { text, values: [] }
}

/** Conditions joined by `and`; `true` where there are none. */
export function every(conditions: readonly Sql[]): Sql {
  const [first, ...rest] = conditions
  return first ? rest.reduce((all, next) => sql`${all} and ${next}`, first) : raw('true')
}

function isSql(part: unknown): part is Sql {
  return typeof part === 'object' && part !== null && 'text' in part && 'values' in part
}

function renumber(part: Sql, values: unknown[]): string {
  const before = values.length
  values.push(...part.values)
  return part.text.replaceAll(/\$(\d+)/g, (_, n) => `$${Number(n) + before}`)
}
