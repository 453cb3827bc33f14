import { spawn } from 'node:child_process'
import { chown, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../errors.ts'

/** Runs a program of PostgreSQL to its end as the account that the server runs under; throws with what it printed. */
export type Runner = (program: string, args: readonly string[]) => Promise<void>

/**
 * PostgreSQL refuses to run as root. Started by root, it runs as `postgres` or `nobody`, which then owns the folder; where
 * that account cannot reach a path (a checkout under /root), it is given the one capability that lets it pass.
 *
 * @param paths what the server must reach; the last one is the folder it must own
 */
export async function createRunner(paths: readonly string[]): Promise<Runner> {
  if (process.getuid?.() !== 0) return (program, args) => run(program, args, {})
  const account = await findAccount()
  const folder = paths.at(-1)
  if (folder !== undefined) await chown(folder, account.uid, account.gid)
  const reachable = await Promise.all(paths.map((path) => canReach(path, account)))
  if (reachable.every(Boolean)) return (program, args) => run(program, args, account)
  const prefix = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup', // else initdb may not run its own binaries: access(2) would drop the capability
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ]
  return (program, args) =>
    run('setpriv', [...prefix, program, ...args], {}).catch((cause: unknown) => {
      throw new AppError('DATABASE_UNAVAILABLE', `cannot run PostgreSQL from ${dirname(program)}`, {
        cause,
        hint: 'Run as an ordinary user, or from a folder that every account may enter.',
      })
    })
}

interface Account {
  readonly uid: number
  readonly gid: number
}

async function findAccount(): Promise<Account> {
  const passwd = await readFile('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd
      .split('\n')
      .map((line) => line.split(':'))
      .find((entry) => entry[0] === name)
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    'PostgreSQL cannot run as root, and there is no other account',
    {
      hint: 'Create an account named postgres, or run as an ordinary user.',
    },
  )
}

async function canReach(path: string, account: Account): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

async function run(
  program: string,
  args: readonly string[],
  account: Partial<Account>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // The server that pg_ctl leaves running inherits its streams: waiting for their end would never end.
  const child = spawn(program, args, {
    ...account,
    cwd: dirname(program),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  child.stderr.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-4_000)
  })
  child.once('error', reject)
  child.once('exit', (code) => {
    child.stderr.destroy()
    if (code === 0) resolve()
    else reject(new Error(`${program} ended with ${code}: ${printed.trim()}`))
  })
  return promise
}
