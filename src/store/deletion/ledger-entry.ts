/**
 * Lines of a ledger file: which accounts are or were hidden or cut off, and which records were deleted. There is nothing of
 * their content in it. The order of lines means nothing, and neither do repeats.
 */
import { z } from 'zod'
import { isTid } from '../../event/tid.ts'

const rev = z.string().refine(isTid, 'a revision is a TID')
const did = z.string().regex(/^did:[a-z]+:\S+$/, 'a DID begins with did:')
const timeUs = z.int().min(0)

const accountLine = z.object({
  kind: z.literal('account'),
  did,
  active: z.boolean(),
  status: z.string().nullable(),
  /** Relay seq of the event that said so; -1 where none did. */
  accountSeq: z.int().min(-1),
  /** Records below it are gone. */
  cutRev: rev.nullable(),
  cutReason: z.enum(['deleted', 'sync', 'request']).nullable(),
  decidedAt: z.iso.datetime(),
})

const postLine = z.object({ kind: z.literal('post'), uri: z.string(), rev, timeUs })

const recordLine = z.object({
  kind: z.literal('record'),
  id: z.guid(),
  userId: z.guid(),
  collection: z.string(),
  rev,
  timeUs,
  /** Of what tells whom it was about: the end of a follow or block. */
  subject: z.guid().optional(),
})

const ledgerLine = z.discriminatedUnion('kind', [accountLine, postLine, recordLine])

export type AccountLine = z.infer<typeof accountLine>
export type PostLine = z.infer<typeof postLine>
export type RecordLine = z.infer<typeof recordLine>
export type DeletedLine = PostLine | RecordLine
export type LedgerLine = AccountLine | DeletedLine

/** The entry of a line, or what is wrong with it. */
export function readLedgerLine(text: string): LedgerLine | { readonly problem: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: 'it is not JSON' }
  }
  const result = ledgerLine.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return { problem: `${issue?.path.join('.') || 'kind'}: ${issue?.message ?? 'not valid'}` }
}

export function writeLedgerLine(line: LedgerLine): string {
  return `${JSON.stringify(line)}\n`
}
