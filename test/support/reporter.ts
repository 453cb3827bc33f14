import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Closes a run with what was left out, and why, and one plain line of totals. In CI leaving something out is a failure: every real
 * service is there.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0
    let failed = errors.length
    const leftOut: string[] = []
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed += 1
        else if (result.state === 'failed') failed += 1
        else
          leftOut.push(
            `${test.fullName}: ${result.state === 'skipped' ? (result.note ?? 'skipped') : 'not run'}`,
          )
      }
    }
    if (leftOut.length > 0)
      process.stdout.write(`Left out:\n${leftOut.map((line) => `  ${line}\n`).join('')}`)
    if (leftOut.length > 0 && process.env.CI) {
      process.stdout.write('In CI nothing may be left out.\n')
      process.exitCode = 1
    }
    process.stdout.write(`${passed} passed, ${failed} failed, ${leftOut.length} skipped\n`)
  }
}
