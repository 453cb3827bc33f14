/**
 * Whether events of a collection are asked for. Identity, account and sync events come whatever is asked for.
 *
 * @param wanted NSIDs or `prefix.*`; empty for all
 */
export function followsCollection(wanted: readonly string[], collection: string): boolean {
  if (wanted.length === 0 || collection.startsWith('$')) return true
  return wanted.some((name) =>
    name.endsWith('*') ? collection.startsWith(name.slice(0, -1)) : name === collection,
  )
}
