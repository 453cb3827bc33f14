import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const readyMs = 90_000

/** What Java is told of the test's environment; settings of the project or of Kafka's scripts are not. */
export function javaEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, JAVA_HOME, TMPDIR } = process.env
  return { PATH, HOME, ...(JAVA_HOME ? { JAVA_HOME } : {}), ...(TMPDIR ? { TMPDIR } : {}) }
}

/** A Java program in a folder of its own. Where the test process is killed, both are gone too. */
export class JavaProcess {
  readonly #name: string
  readonly #log: string
  readonly #child: ChildProcess
  readonly #keeper: ChildProcess

  constructor(name: string, args: readonly string[], folder: string) {
    this.#name = name
    this.#log = join(folder, 'java.log')
    const log = openSync(this.#log, 'w')
    const env = javaEnvironment()
    this.#child = spawn('java', args, { cwd: folder, env, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child.on('error', () => {}) // no such program: `ended` says so
    // Its input ends when this process does, even by SIGKILL.
    const keep = 'trap "" HUP INT TERM; read -r _; kill -9 "$1"; rm -rf "$2"'
    this.#keeper = spawn('sh', ['-c', keep, 'sh', String(this.#child.pid), folder], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#child.once('exit', () => this.#keeper.kill('SIGKILL'))
  }

  get ended(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid === undefined || exitCode !== null || signalCode !== null
  }

  /** Resolves when the text is in what it prints. Throws with the end of that when it ends first or takes too long. */
  async printed(text: string): Promise<void> {
    const deadlineMs = Date.now() + readyMs
    for (;;) {
      const ended = this.ended
      const output = readFileSync(this.#log, 'utf8')
      if (output.includes(text)) return
      if (ended || Date.now() > deadlineMs) {
        const how = ended ? 'ended' : `is not ready after ${readyMs / 1000} s`
        throw new Error(`${this.#name} ${how}:\n${output.slice(-2_000)}`)
      }
      await sleep(20)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when it has ended, by SIGKILL where the signal has not ended it in time. */
  async stop(signal: NodeJS.Signals, lateMs: number): Promise<void> {
    if (this.ended) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const late = setTimeout(() => this.#child.kill('SIGKILL'), lateMs)
    await ended
    clearTimeout(late)
  }
}
