import { styleText } from 'node:util'
import { AppError } from '../errors.ts'

/** One thing that a check command tries. `run` resolves to what it found, or throws why not. */
export interface Check {
  readonly name: string
  readonly run: () => Promise<string>
}

export interface CheckResult {
  readonly name: string
  readonly ok: boolean
  readonly found: string
  readonly hint: string | null
  readonly ms: number
}

/**
 * Runs checks one after the other and prints each as it ends: what was tried, what was found, how long it took. With `json`
 * one document at the end instead. True where all passed.
 */
export async function runChecks(checks: readonly Check[], json: boolean): Promise<boolean> {
  const results: CheckResult[] = []
  for (const check of checks) {
    const result = await runCheck(check)
    results.push(result)
    if (!json) printResult(result)
  }
  const ok = results.every((result) => result.ok)
  if (json) console.log(JSON.stringify({ ok, checks: results }, null, 2))
  return ok
}

async function runCheck({ name, run }: Check): Promise<CheckResult> {
  const started = performance.now()
  const ms = () => Math.round(performance.now() - started)
  try {
    return { name, ok: true, found: await run(), hint: null, ms: ms() }
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    const hint = error instanceof AppError ? (error.hint ?? null) : null
    return { name, ok: false, found, hint, ms: ms() }
  }
}

function printResult({ name, ok, found, hint, ms }: CheckResult): void {
  const mark = ok ? styleText('green', '✓') : styleText('red', '✗')
  console.log(`${mark} ${name}: ${found} ${styleText('dim', `(${ms} ms)`)}`)
  if (hint !== null) console.log(`  ${hint}`)
}
