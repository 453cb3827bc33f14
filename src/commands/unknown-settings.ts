import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { settings } from '../config.ts'

export interface UnknownSetting {
  readonly file: string
  readonly name: string
  /** The setting with the most similar name, where one is similar. */
  readonly nearest: string | null
}

/** Variables that other programs read from the same files: Compose, the images beside this one, Node, the system. */
const foreign =
  /^(?:COMPOSE|DOCKER|POSTGRES|PG|GRAFANA|GF|PROMETHEUS|KUBE|NODE|NPM|OTEL|VITE)_?|^(?:TZ|LANG|PATH|HOME|NO_COLOR|FORCE_COLOR|CI|(?:HTTPS?|NO|ALL)_PROXY|IMAGE\w*)$/i

/** The names in `.env`, and in `.env.<name>` where one is given, that no setting has. */
export function findUnknownSettings(name?: string, folder = '.'): UnknownSetting[] {
  const files = name === undefined ? ['.env'] : ['.env', `.env.${name}`]
  return files.flatMap((file) =>
    namesIn(join(folder, file))
      .filter((variable) => !(variable in settings) && !foreign.test(variable))
      .map((variable) => ({ file, name: variable, nearest: nearestSetting(variable) })),
  )
}

/** The setting whose name differs least, by at most a third of the letters. */
export function nearestSetting(name: string): string | null {
  const wanted = name.toUpperCase()
  const [best] = Object.keys(settings)
    .map((known) => ({ known, distance: distanceOf(wanted, known) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.max(2, Math.floor(wanted.length / 3)) ? best.known : null
}

function namesIn(path: string): string[] {
  try {
    return Object.keys(parseEnv(readFileSync(path, 'utf8')))
  } catch {
    return [] // that a file is missing or cannot be read is told where settings are read
  }
}

/** Letters to insert, remove or replace (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
