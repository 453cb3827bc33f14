const byteUnits = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1,234,567` */
export function formatCount(n: number): string {
  return n.toLocaleString('en', { maximumFractionDigits: 0 })
}

/** `12.3 MiB` */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? Math.round(value) : value.toFixed(value < 100 ? 1 : 0)} ${byteUnits[power]}`
}

/** `99.99 %`, rounded down: almost complete is not complete. */
export function formatCoverage(ratio: number): string {
  // Coverage has six digits; what a multiplication adds behind them must not cost one.
  return `${(Math.floor(Math.round(ratio * 1e6) / 100) / 100).toFixed(2)} %`
}

/** `450 ms`, `3.2 s`, `5 min 10 s`, `2 h 5 min`, `3 d 4 h` */
export function formatSpan(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${(ms / 1_000).toFixed(1)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 86_400) {
    return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
  }
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`
}
