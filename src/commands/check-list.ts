import { styleText } from 'node:util'
import { AppError } from '../errors.ts'
import type { Check } from '../pipeline/check.ts'
import { cleanText } from './terminal-text.ts'

export type CheckState = 'ok' | 'warning' | 'failed' | 'skipped'

export interface CheckResult {
  readonly name: string
  readonly state: CheckState
  readonly found: string
  /** What to do about it, one sentence each. */
  readonly advice: readonly string[]
  readonly ms: number
}

export interface ListOptions {
  /** One document at the end instead of lines. */
  readonly json: boolean
  readonly signal: AbortSignal
}

/**
 * Runs checks one after the other and prints each as it ends: what was tried, what was found, how long it took. True where
 * none failed; warnings do not count. Once the signal aborts the rest is left out, which is no success either.
 */
export async function runChecks(
  checks: Iterable<Check> | AsyncIterable<Check>,
  { json, signal }: ListOptions,
): Promise<boolean> {
  const results: CheckResult[] = []
  for await (const check of checks) {
    const result = signal.aborted
      ? skipped(check, 'interrupted')
      : await runCheck(check, results, signal)
    results.push(result)
    if (!json) printResult(result)
  }
  const ok = !signal.aborted && results.every(({ state }) => state === 'ok' || state === 'warning')
  if (json) console.log(JSON.stringify({ ok, checks: results }, null, 2))
  else printSummary(results, signal.aborted)
  return ok
}

async function runCheck(
  { name, run, requires }: Check,
  earlier: readonly CheckResult[],
  signal: AbortSignal,
): Promise<CheckResult> {
  const needed = earlier.find((result) => result.name === requires)
  if (needed && needed.state !== 'ok' && needed.state !== 'warning') {
    return skipped({ name }, `not tried without ${needed.name}`)
  }
  const started = performance.now()
  const ms = () => Math.round(performance.now() - started)
  try {
    const finding = await run()
    if (typeof finding === 'string')
      return { name, state: 'ok', found: finding, advice: [], ms: ms() }
    const state = finding.advice.length > 0 ? 'warning' : 'ok'
    return { name, state, ...finding, ms: ms() }
  } catch (error) {
    if (signal.aborted) return skipped({ name }, 'interrupted')
    const found = error instanceof Error ? error.message : String(error)
    const hint = error instanceof AppError ? error.hint : undefined
    return { name, state: 'failed', found, advice: hint === undefined ? [] : [hint], ms: ms() }
  }
}

function skipped({ name }: Pick<Check, 'name'>, why: string): CheckResult {
  return { name, state: 'skipped', found: why, advice: [], ms: 0 }
}

const marks = {
  ok: styleText('green', '✓'),
  warning: styleText('yellow', '!'),
  failed: styleText('red', '✗'),
  skipped: styleText('dim', '–'),
} as const satisfies Record<CheckState, string>

/** Prints one line of a check list, and its advice below. */
export function printResult({ name, state, found, advice, ms }: CheckResult): void {
  const took = state === 'skipped' ? '' : ` ${styleText('dim', `(${ms} ms)`)}`
  console.log(`${marks[state]} ${name}: ${cleanText(found)}${took}`)
  for (const line of advice) console.log(`  ${cleanText(line)}`)
}

function printSummary(results: readonly CheckResult[], interrupted: boolean): void {
  const count = (state: CheckState) => results.filter((result) => result.state === state).length
  const parts = [
    `${count('ok')} ok`,
    ...(['warning', 'failed', 'skipped'] as const)
      .filter((state) => count(state) > 0)
      .map((state) => `${count(state)} ${state === 'warning' ? plural(count(state)) : state}`),
  ]
  if (results.length > 1) console.log(`\n${parts.join(', ')}${interrupted ? '; interrupted' : ''}`)
}

function plural(warnings: number): string {
  return warnings === 1 ? 'warning' : 'warnings'
}
