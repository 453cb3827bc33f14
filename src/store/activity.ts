import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Id } from '../event/ids.ts'
import type { UserChange } from './batch.ts'
import { copyInto } from './copy.ts'
import type { KnownUsers } from './known-users.ts'

const hourUs = 3_600_000_000
const dayUs = 24 * hourUs
const columns = ['bucket', 'user_id'] as const

/** Rows of author_hour and author_day that a batch adds. */
export interface Activity {
  readonly hours: Buffer | null
  readonly days: Buffer | null
}

/** Encodes which accounts were active when, as far as that is not known to be stored. */
export class ActivityWriter {
  readonly #known: KnownUsers
  readonly #hours = new CopyEncoder()
  readonly #days = new CopyEncoder()

  constructor(known: KnownUsers) {
    this.#known = known
  }

  encode(users: Iterable<UserChange>): Activity {
    this.#hours.reset()
    this.#days.reset()
    for (const { id, activeHours } of users) {
      const days: number[] = []
      for (const hour of activeHours) {
        const novelty = this.#known.noveltyOf(id, hour)
        if (novelty === 'known') continue
        writeRow(this.#hours, hour * hourUs, id)
        const day = Math.floor((hour * hourUs) / dayUs)
        if (novelty === 'new-hour' || days.includes(day)) continue
        days.push(day)
        writeRow(this.#days, day * dayUs, id)
      }
    }
    return { hours: this.#hours.finish(), days: this.#days.finish() }
  }
}

/** Copies activity straight in. Fails with a unique violation where a row is stored already. */
export async function copyActivity(client: pg.Client, { hours, days }: Activity): Promise<void> {
  if (hours) await copyInto(client, 'author_hour', columns, hours)
  if (days) await copyInto(client, 'author_day', columns, days)
}

/** Inserts what is not stored yet. */
export async function mergeActivity(client: pg.Client, { hours, days }: Activity): Promise<void> {
  await merge(client, 'hour', hours)
  await merge(client, 'day', days)
}

async function merge(client: pg.Client, grain: 'hour' | 'day', rows: Buffer | null): Promise<void> {
  if (!rows) return
  await copyInto(client, `staging_author_${grain}`, columns, rows)
  await client.query(`
    insert into author_${grain} (bucket, user_id)
    select bucket, user_id
    from staging_author_${grain}
    order by bucket, user_id
    on conflict do nothing`)
}

function writeRow(to: CopyEncoder, bucketUs: number, id: Id): void {
  to.row(2)
  to.timestamp(bucketUs)
  to.uuid(id)
}
