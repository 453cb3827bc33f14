import type pg from 'pg'

/** Strangers choose the names: what is remembered is bounded. */
const maxRemembered = 10_000

/** Notes each collection with the least network time of a record of it, as far as that is not known to be stored. */
export class CollectionWriter {
  readonly #known = new Map<string, number>()

  /** @param collections least network time of each collection of a batch, µs */
  async write(client: pg.Client, collections: ReadonlyMap<string, number>): Promise<void> {
    const fresh = [...collections].filter(
      ([nsid, us]) => us < (this.#known.get(nsid) ?? Number.POSITIVE_INFINITY),
    )
    if (fresh.length === 0) return
    await client.query(
      `insert into collection as known (nsid, first_seen_us)
       select nsid, us
       from unnest($1::text[], $2::bigint[]) as fresh (nsid, us)
       order by nsid
       on conflict (nsid) do update
       set first_seen_us = excluded.first_seen_us
       where excluded.first_seen_us < known.first_seen_us`,
      [fresh.map(([nsid]) => nsid), fresh.map(([, us]) => us)],
    )
  }

  /** To be called when the batch is stored. */
  confirm(collections: ReadonlyMap<string, number>): void {
    if (this.#known.size > maxRemembered) this.#known.clear()
    for (const [nsid, us] of collections) {
      if (us < (this.#known.get(nsid) ?? Number.POSITIVE_INFINITY)) this.#known.set(nsid, us)
    }
  }
}
