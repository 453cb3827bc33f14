import { cpus } from 'node:os'

/** Figure, what was measured, and what is wanted of it. */
export type Line = readonly [figure: string, measured: string, wanted?: string]

/** Prints the machine and a table in Markdown. */
export function printTable(lines: readonly Line[]): void {
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
  )
  console.log('| figure | measured | wanted |\n| --- | ---: | --- |')
  for (const [figure, measured, wanted = ''] of lines)
    console.log(`| ${figure} | ${measured} | ${wanted} |`)
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A number of events a second. */
export function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')} /s`
}

/** Processor time of an event, from µs; unknown where it was not measured. */
export function perEvent(us: number): string {
  return Number.isNaN(us) ? 'unknown' : `${us.toFixed(1)} µs/event`
}

export function megabytes(bytes: number): string {
  return Number.isNaN(bytes) ? 'unknown' : `${Math.round(bytes / 1e6)} MB`
}
