import type { activeAccounts } from '#contract/active-accounts.ts'
import type { ResponseOf } from '#contract/endpoint.ts'
import { type Shape, shapeSeries } from './series.ts'

/** The one key of the accounts' chart. */
export const accountsKey = 'accounts'

/** Accounts by bucket as buckets that know how far they can be trusted. */
export function activityShape(answer: ResponseOf<typeof activeAccounts>, nowMs: number): Shape {
  return shapeSeries({ ...answer, series: { [accountsKey]: answer.accounts }, rest: null }, nowMs)
}
