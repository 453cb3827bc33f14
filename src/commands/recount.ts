import { AppError } from '../errors.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { type CorrectedNumbers, correctDifferences, type Found } from '../pipeline/recount.ts'
import { recountable } from '../store/recount/recount-scope.ts'
import { askToType } from './ask.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { formatDate, type RangeFlags, readDayRange } from './day-range.ts'
import { describeComparisons, describeDifferences, encodeFound } from './found-text.ts'
import { openRecountBar } from './recount-bar.ts'

export interface RecountFlags extends DatabaseFlags, RangeFlags {
  readonly dimension?: readonly string[]
  readonly yes?: boolean
}

/**
 * Recounts from rows, and corrects what differs, when the person at the terminal agrees. Throws `USAGE_INVALID` where nobody can
 * be asked, or for a dimension that there is not. False where it was stopped before the end.
 */
export async function recount(flags: RecountFlags, { signal }: CommandContext): Promise<boolean> {
  const range = readDayRange(flags, Date.now())
  const dimensions = readDimensions(flags.dimension ?? [])
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  using bar = openRecountBar(flags.json === true)
  const agree = async (found: Found) => {
    bar.clear()
    if (!flags.json) console.log(describeFound(found))
    if (flags.yes === true) return
    await askToType(String(found.total), {
      loss: `${formatCount(found.total)} numbers would be changed to what rows say`,
      question: 'Type how many to go on',
      signal,
    })
  }
  const options = { url: database.url, range, dimensions, settings: config, signal }
  try {
    const done = await correctDifferences({ ...options, onProgress: bar.update }, agree)
    bar.clear()
    const ends = { from: formatDate(range.fromDay), to: formatDate(range.toDay), dimensions }
    console.log(flags.json ? JSON.stringify({ ...ends, ...encode(done) }, null, 2) : describe(done))
    return true
  } catch (error) {
    if (!signal.aborted) throw error
    bar.clear()
    console.error('Interrupted; the same command does what is left')
    return false
  }
}

function readDimensions(names: readonly string[]): readonly string[] | null {
  const unknown = names.find((name) => !recountable.includes(name))
  if (unknown !== undefined) {
    throw new AppError('USAGE_INVALID', `--dimension ${unknown} is not counted`, {
      hint: `There are ${recountable.join(', ')}.`,
    })
  }
  return names.length === 0 ? null : names
}

function describeFound(found: Found): string {
  return [...describeComparisons(found), '', ...describeDifferences(found)].join('\n').trimEnd()
}

function encode({ found, corrected }: CorrectedNumbers): object {
  return { ...encodeFound(found), corrected }
}

function describe({ found, corrected }: CorrectedNumbers): string {
  if (found.total === 0) return `${describeFound(found)}\n\nNothing differs.`
  const numbers = corrected.reduce((sum, each) => sum + each.numbers, 0)
  const parts = corrected.map(({ tally, numbers: n }) => `${formatCount(n)} of ${tally}`)
  return `\n${formatCount(numbers)} numbers corrected: ${parts.join(', ')}`
}
