/** Aborts with `signal`, or when nobody reads what is printed any more (`tail | head`): what goes on for ever ends then. */
export function untilReaderGone(signal: AbortSignal): AbortSignal {
  const gone = new AbortController()
  // Other errors of the output, and this one too, are told where the program begins.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') gone.abort()
  })
  return AbortSignal.any([signal, gone.signal])
}
