import { type AppOptions, buildApp } from '../../src/api/app.ts'
import { openServer, type ServerOptions } from '../../src/api/serve.ts'
import { openReading, type Reading } from './reading.ts'

type App = Awaited<ReturnType<typeof buildApp>>

export interface Serving extends AsyncDisposable {
  readonly reading: Reading
  readonly app: App
}

/** The application on a database of its own, for `inject`; nothing listens. */
export async function openApp(now: string, options: Partial<AppOptions> = {}): Promise<Serving> {
  await using scope = new AsyncDisposableStack()
  const reading = scope.use(await openReading(now))
  const app = await buildApp({ reader: reading.reader, version: '0.1.0', ...options })
  scope.defer(() => app.close())
  const owned = scope.move()
  return { reading, app, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export interface Listening extends AsyncDisposable {
  readonly reading: Reading
  readonly url: string
  close(): Promise<void>
}

/** The application listening on a free port. */
export async function openListening(
  now: string,
  options: Partial<ServerOptions> = {},
): Promise<Listening> {
  await using scope = new AsyncDisposableStack()
  const reading = scope.use(await openReading(now))
  const server = scope.use(
    await openServer({
      reader: reading.reader,
      version: '0.1.0',
      host: '127.0.0.1',
      port: 0,
      ...options,
    }),
  )
  const owned = scope.move()
  return {
    reading,
    url: server.url,
    close: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
