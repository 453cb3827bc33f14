/** A row of pg_settings: numbers in the unit that PostgreSQL counts in. */
export interface ServerSetting {
  readonly name: string
  readonly value: string
  readonly unit: string | null
}

const kib = 1024
const mib = 1024 ** 2
const gib = 1024 ** 3
const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: kib,
  '8kB': 8 * kib,
  '16MB': 16 * mib,
  MB: mib,
  ms: 1,
  s: 1_000,
  min: 60_000,
}

/** Settings that `adviseOnSettings` looks at, in the order in which they are shown. */
export const watchedSettings = [
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'work_mem',
  'max_connections',
  'synchronous_commit',
  'fsync',
  'full_page_writes',
  'jit',
  'random_page_cost',
  'autovacuum',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
] as const

/** What should be otherwise about a server's settings, one sentence each. Pure. */
export function adviseOnSettings(settings: readonly ServerSetting[]): string[] {
  const byName = new Map(settings.map((setting) => [setting.name, setting]))
  const text = (name: string) => byName.get(name)?.value ?? ''
  const amount = (name: string) => {
    const setting = byName.get(name)
    return setting ? Number(setting.value) * (units[setting.unit ?? ''] ?? 1) : Number.NaN
  }
  const rules: readonly (readonly [boolean, string])[] = [
    [
      text('fsync') === 'off',
      'fsync is off: a crash of the machine destroys the database. Set it to on.',
    ],
    [
      text('full_page_writes') === 'off',
      'full_page_writes is off: a crash may leave torn pages. Set it to on.',
    ],
    [
      text('synchronous_commit') === 'off',
      'synchronous_commit is off: a crash loses what was acknowledged last; it comes again only while the source still has it. Set it to on.',
    ],
    [text('autovacuum') === 'off', 'autovacuum is off: tables will bloat. Set it to on.'],
    [
      amount('shared_buffers') < 128 * mib,
      'shared_buffers is below 128 MB. A quarter of the memory is right.',
    ],
    [
      amount('max_wal_size') < gib,
      'max_wal_size is below 1 GB: checkpoints come too often while much is written. 4GB is right.',
    ],
    [
      amount('checkpoint_timeout') < 5 * 60_000,
      'checkpoint_timeout is below 5 minutes. 15min is right.',
    ],
    [amount('work_mem') < 4 * mib, 'work_mem is below 4 MB. 32MB is right.'],
    [
      amount('max_connections') < 30,
      'max_connections is below 30: each start or serve takes about 10, each persistence one for each of its partitions.',
    ],
    [
      text('jit') === 'on',
      'jit is on: it costs more than it saves for short questions. Set it to off.',
    ],
    [
      amount('random_page_cost') > 2,
      'random_page_cost is above 2, which is for turning disks. 1.1 is right for SSDs.',
    ],
    [
      amount('statement_timeout') > 0,
      'statement_timeout is set for this account: large batches and migrations may be cancelled. Set it to 0 for it; the program limits its own questions.',
    ],
    [
      amount('idle_in_transaction_session_timeout') > 0 &&
        amount('idle_in_transaction_session_timeout') < 60_000,
      'idle_in_transaction_session_timeout is below a minute: a batch in hand may be cut off.',
    ],
  ]
  return rules.filter(([applies]) => applies).map(([, sentence]) => sentence)
}
