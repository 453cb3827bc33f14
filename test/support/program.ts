import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The file that Node runs. */
export const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The program as a user starts it: a process of its own with nothing of the test's settings in its environment. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  readonly ended: Promise<Ended>

  constructor(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    script = cli,
  ) {
    this.#child = spawn(process.execPath, [script, ...args], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString()
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
    })
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
  }

  /** Resolves with the first line that it prints; fails with what it said where it ends before. */
  async firstLine(): Promise<string> {
    const printed = this.#stdout.indexOf('\n')
    if (printed >= 0) return this.#stdout.slice(0, printed)
    const { stdout } = this.#child
    if (!stdout) throw new Error('the program has no output')
    const lines = createInterface({ input: stdout })
    const [line] = await Promise.race([
      once(lines, 'line') as Promise<[string]>,
      this.ended.then((ended): never => {
        throw new Error(`the program ended with ${ended.code}: ${ended.stderr}`)
      }),
    ])
    return line
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill('SIGTERM')
    await this.ended
  }
}

/** Runs the program to its end. */
export async function runProgram(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  await using program = new Program(args, settings)
  return await program.ended
}

export interface Folder extends AsyncDisposable {
  readonly path: string
}

export async function openFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'bluesky-analytics-e2e-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
