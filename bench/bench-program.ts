import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What bin/bluesky-analytics.js starts, and how; started without it, so that what is measured is the process itself. */
const command = [
  '--max-semi-space-size=8',
  fileURLToPath(new URL('../src/cli.ts', import.meta.url)),
]

/** The program as a user starts it, a process of its own that ends with its scope. */
export class BenchProgram implements AsyncDisposable {
  readonly pid: number
  /** All that it prints, when it has ended by itself. Rejects where it failed. */
  readonly output: Promise<string>
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  readonly #logged: { message: string; atMs: number }[] = []
  #errors = ''

  constructor(args: readonly string[], settings: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [...command, ...args], {
      // Where no .env lies about.
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'error', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.pid = child.pid ?? 0
    this.#closed = once(child, 'close')
    createInterface({ input: child.stderr }).on('line', (line) => this.#log(line))
    this.output = Promise.all([text(child.stdout), this.#closed]).then(([printed]) => {
      if (child.exitCode !== 0)
        throw new Error(`${args[0]} ended with ${child.exitCode}: ${this.#errors}`)
      return printed
    })
    this.output.catch(() => undefined) // for those who want it
  }

  /** When a log message first came, on the clock of `performance.now`; null where it did not. */
  loggedMs(message: string): number | null {
    return this.#logged.find((entry) => entry.message === message)?.atMs ?? null
  }

  /** Throws with what it said where it has ended. */
  requireRunning(): void {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null)
      throw new Error(
        `a process of the bench ended with ${exitCode ?? signalCode}: ${this.#errors}`,
      )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#closed
  }

  #log(line: string): void {
    try {
      const { msg, level } = JSON.parse(line) as { msg: string; level: number }
      this.#logged.push({ message: msg, atMs: performance.now() })
      if (level >= 40) this.#errors += `${line}\n`
    } catch {
      this.#errors += `${line}\n` // no log line, such as a failure's
    }
  }
}

const pollMs = 20

/** Waits for a condition. Throws where one of the programs ends, or the time (`performance.now`) is up. */
export async function until(
  deadlineMs: number,
  programs: readonly BenchProgram[],
  condition: () => Promise<boolean>,
): Promise<void> {
  while (!(await condition())) {
    for (const program of programs) program.requireRunning()
    if (performance.now() > deadlineMs) throw new Error('the bench takes too long')
    await setTimeout(pollMs)
  }
}
