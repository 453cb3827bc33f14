import { formatCount } from '../pipeline/numbers.ts'
import type { PurgeProgress } from '../pipeline/purge.ts'

export interface PurgeLine {
  update(progress: PurgeProgress): void
  clear(): void
}

const everyMs = 100

const steps = {
  waiting: 'waiting for others',
  ledger: 'reading the ledger file',
  posts: 'posts',
  records: 'other records',
  traces: 'traces in the counts',
  looking: 'looking',
  writing: 'writing',
} as const satisfies Record<PurgeProgress['step'], string>

/** One line on a terminal that says how far it is. */
export function openPurgeLine(json: boolean): PurgeLine {
  if (json || !process.stderr.isTTY) return { update: () => undefined, clear: () => undefined }
  let shownMs = Number.NEGATIVE_INFINITY
  return {
    update({ step, done, deleted }) {
      if (performance.now() - shownMs < everyMs) return
      shownMs = performance.now()
      const part = done === null || step === 'waiting' ? '' : `, ${Math.floor(done * 100)} %`
      const gone = deleted > 0 ? `; ${formatCount(deleted)} rows deleted` : ''
      process.stderr.write(`\r\u001b[K${steps[step]}${part}${gone}`)
    },
    clear() {
      process.stderr.write('\r\u001b[K')
    },
  }
}
