/**
 * The table of commands. The only file that handles signals, prints errors and sets the exit code:
 * 0 done, 1 failed, 2 wrong usage or wrong setting.
 */
import { Command, CommanderError, Option } from 'commander'
import { AppError, errorCodes } from './errors.ts'
import { readVersion } from './telemetry/version.ts'

const shutdownMs = 10_000
const lingerMs = 1_000
/** Within this time a second signal is the same wish: a terminal or systemd sends it to every process, npm passes it on. */
const echoMs = 1_000

const brokersHelp = `  KAFKA_BROKERS  brokers to begin with, host:port, separated by commas
`
const opsHelp = `  OPS_PORT       port of /metrics, /health, /readyz and /livez; 0 is any free one
`

const stop = new AbortController()
const context = { signal: stop.signal }

let askedMs = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) {
      if (performance.now() - askedMs > echoMs) process.exit(130) // asked twice: the database recovers by itself
      return
    }
    askedMs = performance.now()
    stop.abort(new Error(`stopped by ${signal}`))
    // The last resort, should something not close: everything committed is safe.
    setTimeout(() => process.exit(1), shutdownMs).unref()
  })
}

// Who reads the output may have had enough (`doctor | head -3`); the work goes on to its own end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const program = new Command('bluesky-analytics')
  .description('Follows the Bluesky network live and answers questions about it.')
  .version(readVersion())
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(--help shows what there is)')
  .option('--env <name>', 'read settings from .env.<name> too, for example production')
  .option('--verbose', 'show where an error came from')

command('start', 'follow the network, store it and serve the dashboard, in one process')
  .option('--demo', 'follow an invented network instead: no internet needed')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .action(async (flags) => (await import('./commands/start.ts')).start(all(flags), context))

command('serve', 'serve API and dashboard on what is stored')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on')
  .action(async (flags) => (await import('./commands/serve.ts')).serve(all(flags), context))

command('ingest', 'read the network into Kafka', { database: false })
  .addHelpText('after', `\nSettings:\n${brokersHelp}${opsHelp}`)
  .action(async (flags) => (await import('./commands/ingest.ts')).ingest(all(flags), context))

command('persistence', 'store what Kafka holds')
  .addHelpText('after', `\nSettings:\n${brokersHelp}${opsHelp}`)
  .action(async (flags) =>
    (await import('./commands/persistence.ts')).persistence(all(flags), context),
  )

command('maintain', 'make partitions ahead of time and tidy up, one at a time for a database')
  .option('--demo', 'the database of the demo')
  .option('--once', 'everything once, now, then end')
  .addHelpText('after', `\nSettings:\n${opsHelp}`)
  .action(async (flags) => (await import('./commands/maintain.ts')).maintain(all(flags), context))

command('replay', 'store a recorded file: .jsonl, .jsonl.gz or .jsonl.zst')
  .argument('<file>', 'the recording')
  .option('--speed <speed>', 'recorded, max, or how many times the recorded speed', 'max')
  .option('--again', 'from the first line, even where it was replayed before')
  .action(async (file, flags) =>
    (await import('./commands/replay.ts')).replay(file, all(flags), context),
  )

command('backfill', 'store history from the archive of a Jetstream host, then from its socket')
  .option('--since <time>', 'from so long ago, such as 7d or 36h, or from a time')
  .option('--from <time>', 'from a time')
  .option('--to <time>', 'to a time; else up to where live listening began')
  .option('--dids <file>', 'only these accounts, DIDs one a line; they make no time complete')
  .option('--host <address>', 'a host; else those of JETSTREAM_URL')
  .action(async (flags) =>
    passed(await (await import('./commands/backfill.ts')).backfill(all(flags), context)),
  )

const gaps = command('gaps', 'what was not received: list, heal')
const allOfGaps = <Flags extends object>(flags: Flags): Flags => all({ ...gaps.opts(), ...flags })

command('list', 'each gap, why, what can be done (default)', { parent: gaps, isDefault: true })
  .option('--demo', 'the database of the demo')
  .option('--since <time>', 'only those of so long ago, such as 7d, or since a time')
  .option('--all', 'also those that are closed')
  .action(async (flags) => (await import('./commands/gaps-list.ts')).gapsList(allOfGaps(flags)))

command('heal', 'replay what a host still has of them; what is filled is closed', { parent: gaps })
  .argument('[ids...]', 'only these')
  .option('--demo', 'the database of the demo')
  .option('--all', 'all that are open')
  .action(async (ids, flags) =>
    passed(
      await (await import('./commands/gaps-heal.ts')).gapsHeal(ids, allOfGaps(flags), context),
    ),
  )

command('db-init', 'create the database and bring its schema up to date')
  .option('--demo', 'the database of the demo')
  .option('--reset', 'drop everything that is stored first; asks')
  .option('--yes', 'with --reset: do not ask')
  .action(async (flags) => (await import('./commands/db-init.ts')).dbInit(all(flags), context))

command('db-test', 'try the database, quickly')
  .option('--demo', 'the database of the demo')
  .action(async (flags) =>
    passed(await (await import('./commands/db-test.ts')).dbTest(all(flags), context)),
  )

command('db-url', 'print the connection string of the database in use, for psql')
  .option('--demo', 'the database of the demo')
  .action(async (flags) => (await import('./commands/db-url.ts')).dbUrl(all(flags)))

command('postgres-test', 'try everything that is asked of PostgreSQL, in a schema of its own')
  .option('--demo', 'the database of the demo')
  .action(async (flags) =>
    passed(await (await import('./commands/postgres-test.ts')).postgresTest(all(flags), context)),
  )

command('kafka-test', 'try everything that is asked of Kafka, in a topic of its own', {
  database: false,
})
  .addHelpText('after', `\nSettings:\n${brokersHelp}`)
  .action(async (flags) =>
    passed(await (await import('./commands/kafka-test.ts')).kafkaTest(all(flags), context)),
  )

command('jetstream-test', 'try each host that events are read from', { database: false })
  .option('--seconds <number>', 'how long to listen to each', '5')
  .action(async (flags) =>
    passed(await (await import('./commands/jetstream-test.ts')).jetstreamTest(all(flags), context)),
  )

command('doctor', 'try everything a start needs, and say what to do')
  .option('--demo', 'as for start --demo')
  .option('--host <address>', 'address that start would listen on')
  .option('--port <number>', 'port that start would listen on')
  .action(async (flags) =>
    passed(await (await import('./commands/doctor.ts')).doctor(all(flags), context)),
  )

command('status', 'one page about what runs and what is stored')
  .option('--demo', 'the database of the demo')
  .option('--watch', 'again every two seconds')
  .action(async (flags) =>
    passed(await (await import('./commands/status.ts')).status(all(flags), context)),
  )

command('lag', 'how far storing is behind, for each partition')
  .option('--demo', 'the database of the demo')
  .option('--max <events>', 'end with 1 where more events than this wait to be stored')
  .option('--max-age <seconds>', 'end with 1 where a partition is further behind than this')
  .option('--watch', 'again every two seconds')
  .action(async (flags) =>
    passed(await (await import('./commands/lag.ts')).lag(all(flags), context)),
  )

command('verify', 'compare every stored number with what the rows say')
  .option('--demo', 'the database of the demo')
  .option('--from <time>', 'from the UTC day of this time on')
  .option(
    '--to <time>',
    'up to this time, and to the end of the UTC day that it cuts; a date is its 0:00',
  )
  .option('--since <time>', 'the days since so long ago, such as 7d, up to now')
  .action(async (flags) =>
    passed(await (await import('./commands/verify.ts')).verify(all(flags), context)),
  )

command('recount', 'correct the numbers that are not what the rows say; asks')
  .option('--demo', 'the database of the demo')
  .option('--dimension <name>', 'only of this dimension, such as tag; may be repeated', append)
  .option('--from <time>', 'from the UTC day of this time on')
  .option(
    '--to <time>',
    'up to this time, and to the end of the UTC day that it cuts; a date is its 0:00',
  )
  .option('--since <time>', 'the days since so long ago, such as 7d, up to now')
  .option('--yes', 'do not ask')
  .action(async (flags) =>
    passed(await (await import('./commands/recount.ts')).recount(all(flags), context)),
  )

command('storage', 'what takes which room, how fast it grows, and what is dropped next')
  .option('--demo', 'the database of the demo')
  .action(async (flags) => (await import('./commands/storage.ts')).storage(all(flags)))

command('tail', 'show new posts as they are stored')
  .option('--demo', 'the database of the demo')
  .option('--language <code>', 'only in this language, such as pt; und for none')
  .option('--tag <hashtag>', 'only with this hashtag')
  .option('--domain <domain>', 'only with a link to this domain')
  .option('--author <account>', 'only by this account, a handle or a DID')
  .option('--since <minutes>', 'begin with all of so many minutes before, at most 60')
  .action(async (flags) => (await import('./commands/tail.ts')).tail(all(flags), context))

command('purge', 'delete accounts for good, and keep deleted what is deleted')
  .option('--demo', 'the database of the demo')
  .option(
    '--did <did>',
    'an account of which everything until now goes; may be repeated',
    (did: string, dids: string[] = []) => [...dids, did],
  )
  .option('--yes', 'with --did: do not ask')
  .option('--verify', 'say what is left of these accounts, or of all that are deleted')
  .option('--since <time>', 'apply what was deleted since then once more: a time, or 7d, 36h')
  .option('--ledger <file>', 'with --since: also what this ledger file knows')
  .option('--write <file>', 'write a ledger file')
  .action(async (flags) =>
    passed(await (await import('./commands/purge.ts')).purge(all(flags), context)),
  )

const dlq = command('dlq', 'messages that were set aside: list, show, replay, drop')
const allOfDlq = <Flags extends object>(flags: Flags): Flags => all({ ...dlq.opts(), ...flags })

command('list', 'how many there are by reason, and the newest', { parent: dlq })
  .option('--demo', 'the database of the demo')
  .option('--reason <text>', 'only those whose reason begins so')
  .option('--limit <number>', 'most to list', '20')
  .option('--before <id>', 'only older ones than this: the next page')
  .action(async (flags) => (await import('./commands/dlq-list.ts')).dlqList(allOfDlq(flags)))

command('show', 'one of them, with its bytes', { parent: dlq })
  .argument('<id>', 'as list shows it')
  .option('--demo', 'the database of the demo')
  .action(async (id, flags) =>
    (await import('./commands/dlq-show.ts')).dlqShow(id, allOfDlq(flags)),
  )

command('replay', 'decode and store them again; what succeeds is dealt with', { parent: dlq })
  .argument('[id]', 'only this one')
  .option('--demo', 'the database of the demo')
  .option('--reason <text>', 'those whose reason begins so')
  .option('--all', 'all of them')
  .action(async (id, flags) =>
    passed(
      await (await import('./commands/dlq-replay.ts')).dlqReplay(id, allOfDlq(flags), context),
    ),
  )

command('drop', 'delete them for good; asks', { parent: dlq })
  .argument('[id]', 'only this one')
  .option('--demo', 'the database of the demo')
  .option('--reason <text>', 'those whose reason begins so')
  .option('--all', 'all of them')
  .option('--yes', 'do not ask')
  .action(async (id, flags) =>
    (await import('./commands/dlq-drop.ts')).dlqDrop(id, allOfDlq(flags), context),
  )

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
// All is done. What a library has left open, such as the timer of a request that nobody answers, holds nobody up.
setTimeout(() => process.exit(), lingerMs).unref()

/** @param database false where the folder means nothing to the command, which takes the flag all the same */
function command(
  name: string,
  description: string,
  {
    parent = program,
    database = true,
    isDefault = false,
  }: { parent?: Command; database?: boolean; isDefault?: boolean } = {},
): Command {
  // Help shows the flags of those above a command too.
  const shownAbove = parent !== program
  return parent
    .command(name, { isDefault })
    .description(description)
    .addOption(
      new Option('--data-dir <folder>', 'folder of the embedded database').hideHelp(
        shownAbove || !database,
      ),
    )
    .addOption(new Option('--json', 'print JSON').hideHelp(shownAbove))
}

/** A command's flags together with those that go before it. */
function all<Flags extends object>(flags: Flags): Flags {
  return { ...program.opts(), ...flags }
}

/** Values of a flag that may be repeated. */
function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

function passed(ok: boolean): void {
  if (!ok) process.exitCode = 1
}

/** Whether this is only the answer of something that waited to being told to stop. */
function isStop(error: unknown): boolean {
  return error === stop.signal.reason || Object(error).cause === stop.signal.reason
}

/** Prints what went wrong and what to try; the exit code is the answer. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // it has printed its message
  if (stop.signal.aborted && isStop(error)) return 0
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof AppError) {
    console.error(`${error.code}: ${message}`)
    if (error.hint !== undefined) console.error(error.hint)
  } else {
    console.error(`INTERNAL: ${message}`)
    console.error('This is a mistake of the program; --verbose shows where.')
  }
  if (program.opts().verbose) console.error(error)
  return error instanceof AppError ? errorCodes[error.code].exit : 1
}
