// npm run bench -- <name>: measures one path and prints a table. Each figure stands beside a ceiling of the same run,
// because machines differ and are noisy.
const benches: Readonly<Record<string, () => Promise<void>>> = {
  ingest: async () => (await import('./ingest.ts')).benchIngest(),
  kafka: async () => (await import('./kafka.ts')).benchKafka(),
  live: async () => (await import('./live.ts')).benchLive(),
  storage: async () => (await import('./storage.ts')).benchStorage(),
}

const name = process.argv[2] ?? ''
const bench = benches[name]
if (bench) await bench()
else {
  console.error(
    `Usage: npm run bench -- <name>, where name is one of ${Object.keys(benches).join(', ')}`,
  )
  process.exitCode = 2
}
