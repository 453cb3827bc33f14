import { formatCount } from '../pipeline/numbers.ts'
import type { Found } from '../pipeline/recount.ts'
import type { Comparison, Difference } from '../store/recount/compare.ts'
import { alignColumns, cleanText } from './terminal-text.ts'

/** What was compared, by kind of number. */
export function describeComparisons({ comparisons }: Found): string[] {
  return alignColumns([
    ['numbers', 'compared', 'differ', 'at least', 'left out'],
    ...comparisons
      .filter(isThere)
      .map(({ tally, field, compared, differences, atLeast, leftOut }) => [
        `${tally}: ${field}`,
        formatCount(compared),
        formatCount(differences),
        formatCount(atLeast),
        formatCount(leftOut),
      ]),
  ])
}

/** The first of what differs, and how many more there are. */
export function describeDifferences({ differences, total }: Found): string[] {
  if (total === 0) return []
  const more = total - differences.length
  return [
    ...alignColumns([
      ['number', 'of', 'stored', 'recounted'],
      ...differences.map((difference) => [
        `${difference.tally}.${difference.field}`,
        describeWhat(difference),
        formatCount(difference.stored),
        formatCount(difference.recounted),
      ]),
    ]),
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
  ]
}

/** Of what there may once have been there is mostly nothing. */
function isThere({ compared, leftOut }: Comparison): boolean {
  return compared + leftOut > 0
}

/** The same for programs. */
export function encodeFound({ comparisons, differences, total }: Found): object {
  return { differences: total, numbers: comparisons, first: differences }
}

function describeWhat({ bucket, dimension, key, id }: Difference): string {
  const parts = [
    bucket.getTime() === 0 ? 'all old hours' : bucket.toISOString().replace(':00.000Z', 'Z'),
    dimension,
    key === null ? null : cleanText(key),
    id,
  ]
  return parts.filter((part) => part !== null).join(' ')
}
