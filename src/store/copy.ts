import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** Copies rows in binary format (`CopyEncoder.finish`) into columns of a table. Names come from constants, never from input. */
export async function copyInto(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  rows: Buffer,
): Promise<void> {
  const statement = `copy ${table} (${columns.join(', ')}) from stdin (format binary)`
  await pipeline(Readable.from([rows], { objectMode: false }), client.query(copyFrom(statement)))
}
