import { AppError } from '../errors.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatCount } from '../pipeline/numbers.ts'
import {
  countPosts,
  exportLedger,
  type PurgeOptions,
  purgeAccounts,
  reapplyLedger,
  verifyPurge,
} from '../pipeline/purge.ts'
import type { Remains } from '../store/deletion/ledger-remains.ts'
import { askToType } from './ask.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { openPurgeLine } from './purge-line.ts'
import { readSince } from './time-flags.ts'

export interface PurgeFlags extends DatabaseFlags {
  readonly did?: readonly string[]
  readonly verify?: boolean
  readonly since?: string
  readonly ledger?: string
  readonly write?: string
  readonly yes?: boolean
}

type Task =
  | { readonly kind: 'accounts'; readonly dids: readonly string[] }
  | { readonly kind: 'verify'; readonly dids: readonly string[] | null }
  | { readonly kind: 'reapply'; readonly sinceUs: number; readonly file: string | null }
  | { readonly kind: 'write'; readonly path: string; readonly sinceUs: number | null }

interface Outcome {
  readonly ok: boolean
  readonly text: readonly string[]
  readonly json: object
}

/**
 * Deletes accounts for good, applies the deletion ledger once more, writes it to a file, or says what is left. False where
 * something is left, or it was stopped before the end.
 */
export async function purge(flags: PurgeFlags, { signal }: CommandContext): Promise<boolean> {
  const task = readTask(flags)
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  if (task.kind === 'accounts') await requireMeant(database.url, task.dids, flags, signal)
  const line = openPurgeLine(flags.json === true)
  try {
    const options = { url: database.url, signal, onProgress: line.update }
    const { ok, text, json } = await perform(task, options)
    line.clear()
    console.log(flags.json ? JSON.stringify(json, null, 2) : text.join('\n'))
    return ok
  } finally {
    line.clear()
  }
}

/** Exactly one thing to do. Throws `USAGE_INVALID`. */
function readTask({ did, verify, since, ledger, write }: PurgeFlags): Task {
  const dids = did?.map(requireDid) ?? null
  if (verify === true) {
    refuseBeside('--verify', { '--since': since, '--ledger': ledger, '--write': write })
    return { kind: 'verify', dids }
  }
  if (dids) {
    refuseBeside('--did', { '--since': since, '--ledger': ledger, '--write': write })
    return { kind: 'accounts', dids }
  }
  const sinceUs = since === undefined ? null : readPast(since)
  if (write !== undefined) {
    refuseBeside('--write', { '--ledger': ledger })
    return { kind: 'write', path: write, sinceUs }
  }
  if (sinceUs !== null) return { kind: 'reapply', sinceUs, file: ledger ?? null }
  throw new AppError(
    'USAGE_INVALID',
    ledger === undefined ? 'say what to do' : '--ledger needs --since, the time of the backup',
    { hint: usage },
  )
}

const usage = [
  '--did <did>             delete what an account has written until now, for good',
  '--did <did> --verify    say what is left of it; --verify alone: of all that is deleted',
  '--since <time>          apply what was deleted since then once more, after a backup was restored,',
  '                        with --ledger <file> also what only that file knows',
  '--write <file>          write what is deleted to a file, with --since <time> what was since then',
].join('\n')

function refuseBeside(flag: string, others: Readonly<Record<string, string | undefined>>): void {
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? []
  if (other === undefined) return
  throw new AppError('USAGE_INVALID', `${flag} and ${other} do not go together`, { hint: usage })
}

function requireDid(text: string): string {
  if (/^did:[a-z]+:[\w.:%-]{1,2000}$/.test(text)) return text
  throw new AppError('USAGE_INVALID', `${text} is no DID`, {
    hint: 'A DID looks like did:plc:ewvi7nxzyoun6zhxrhs64oiz; the page of an account shows it.',
  })
}

function readPast(text: string): number {
  const sinceUs = readSince('--since', text, Date.now())
  if (sinceUs < Date.now() * 1_000) return sinceUs
  throw new AppError('USAGE_INVALID', `--since ${text} is in the future`)
}

/** Throws `NOT_FOUND` for accounts that are not known, and `USAGE_INVALID` where it is not meant. */
async function requireMeant(
  url: string,
  dids: readonly string[],
  { yes }: PurgeFlags,
  signal: AbortSignal,
): Promise<void> {
  const posts = await countPosts(url, dids)
  const unknown = dids.filter((did) => !posts.has(did))
  if (unknown.length > 0) {
    throw new AppError('NOT_FOUND', `nothing is stored of ${unknown.join(', ')}`, {
      hint: 'An account is known from its first event on.',
    })
  }
  if (yes === true) return
  const total = [...posts.values()].reduce((sum, n) => sum + n, 0)
  const whose = dids.length === 1 ? dids[0] : `${formatCount(dids.length)} accounts`
  await askToType('purge', {
    loss: `Everything that ${whose} has written until now would be deleted for good: ${formatCount(total)} posts and all other records`,
    question: 'Type purge to go on',
    signal,
  })
}

async function perform(task: Task, options: PurgeOptions): Promise<Outcome> {
  const finished = () => !options.signal.aborted
  switch (task.kind) {
    case 'accounts': {
      const { deleted } = await purgeAccounts(task.dids, options)
      const done = finished()
      return {
        ok: done,
        text: [
          `${count(deleted, 'row')} of ${count(task.dids.length, 'account')} deleted`,
          ...(done ? [] : [interrupted]),
        ],
        json: { finished: done, accounts: task.dids.length, deleted },
      }
    }
    case 'reapply': {
      const { accounts: n, deleted, changed, lines } = await reapplyLedger(task, options)
      const done = finished()
      const read = task.file === null ? [] : [`${count(lines, 'line')} of ${task.file} merged`]
      return {
        ok: done,
        text: [
          ...read,
          `${count(n, 'account')}: ${count(deleted, 'row')} deleted, ${formatCount(changed)} hidden or shown`,
          ...(done ? [] : [interrupted]),
        ],
        json: { finished: done, lines, accounts: n, deleted, changed },
      }
    }
    case 'verify': {
      const remains = await verifyPurge(task.dids, options)
      if (!remains) return stopped
      if (task.dids && remains.accounts < task.dids.length) {
        throw new AppError('NOT_FOUND', `nothing is stored of ${missing(task.dids, remains)}`)
      }
      return describeRemains(remains)
    }
    case 'write': {
      const written = await exportLedger(task, options)
      if (!written) return stopped
      return {
        ok: true,
        text: [
          `${count(written.accounts, 'account')} and ${count(written.records, 'deleted record')} written to ${task.path}`,
        ],
        json: { file: task.path, ...written },
      }
    }
    default:
      return task satisfies never
  }
}

const interrupted = 'Interrupted; start or maintain goes on with it, and so does the same command'
const stopped: Outcome = { ok: false, text: ['Interrupted'], json: { finished: false } }

function missing(dids: readonly string[], { accounts: found }: Remains): string {
  return dids.length === 1 ? String(dids[0]) : `${dids.length - found} of these accounts`
}

function describeRemains({ accounts: n, waiting, newerPosts, ...tables }: Remains): Outcome {
  const left = Object.values(tables).reduce((sum, rows) => sum + rows, 0)
  const width = Math.max(...Object.keys(tables).map((name) => name.length))
  const waits = waiting > 0 ? `, of which maintenance has yet to do ${formatCount(waiting)}` : ''
  const newer =
    newerPosts > 0 ? [`Written since, and therefore there: ${count(newerPosts, 'post')}.`] : []
  return {
    ok: left === 0,
    text: [
      `${left === 0 ? 'Nothing' : count(left, 'row')} left of ${count(n, 'account')}${waits}`,
      ...Object.entries(tables).map(
        ([name, rows]) => `  ${name.padEnd(width)}  ${formatCount(rows)}`,
      ),
      ...newer,
      'Kept by design: the entry in the deletion ledger, when an account was active, what was said about it ($account,',
      '$identity, $sync), what others wrote about it, and counts of days whose rows were dropped because of their age.',
    ],
    json: { left, accounts: n, waiting, newerPosts, tables },
  }
}

function count(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
}
