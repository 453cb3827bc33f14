import { openClient } from '../../src/db/pool.ts'
import { settleAccounts } from '../../src/store/deletion/settle-accounts.ts'

/** Makes the stored rows of hidden and deleted accounts what the ledger says, as maintenance does. */
export async function settle(url: string): Promise<void> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'test' })
  try {
    await settleAccounts(client, { signal: AbortSignal.timeout(60_000) })
  } finally {
    await client.end()
  }
}
