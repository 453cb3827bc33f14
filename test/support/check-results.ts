import type { CheckResult } from '../../src/commands/check-list.ts'
import type { Ended } from './program.ts'

/** What a check command printed with `--json`: its checks in order. */
export function resultsOf({ stdout }: Ended): CheckResult[] {
  return (JSON.parse(stdout) as { checks: CheckResult[] }).checks
}

/** The same by name. */
export function resultsByName(ended: Ended): Record<string, CheckResult> {
  return Object.fromEntries(resultsOf(ended).map((check) => [check.name, check]))
}
