import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { resultsOf } from '../support/check-results.ts'
import { eventLine, type FakeJetstream, openFakeJetstream } from '../support/fake-jetstream.ts'
import { type Ended, openFolder, Program, runProgram } from '../support/program.ts'

/** Runs the program against a host that sends an event as soon as somebody listens. */
async function listenTo(host: FakeJetstream, url: string, ...args: string[]): Promise<Ended> {
  await using program = new Program(['jetstream-test', '--seconds', '1', ...args], {
    JETSTREAM_URL: url,
  })
  await host.connection(1)
  host.append(eventLine(1, Date.now() * 1_000), eventLine(2, Date.now() * 1_000))
  return await program.ended
}

test('jetstream-test says of each host what was tried and what came', async () => {
  await using host = await openFakeJetstream({ kind: 'v2' })
  const ended = await listenTo(host, host.url, '--json')
  const results = resultsOf(ended)
  expect(ended.code).toBe(0)
  expect(results.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok'])
  const [name, tcp, events, compression] = results.map(({ found }) => found)
  expect(name).toBe('127.0.0.1')
  expect(tcp).toMatch(/^port \d+ answers in .*, not encrypted$/)
  expect(events).toMatch(/^2 events in 1\.\d s from ws:.*wire v2; .* behind; app\.bsky\./)
  expect(compression).toMatch(/JETSTREAM_COMPRESS=false.*dictionary of \d/)
})

test('a host that is no Jetstream, does not listen, or has no address fails with what to do', async () => {
  const plain = createServer((_request, response) => response.end('hello'))
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const { port } = plain.address() as AddressInfo
  const urls = [`ws://127.0.0.1:${port}`, 'ws://127.0.0.1:9', 'wss://nowhere.invalid']
  const ended = await runProgram(['jetstream-test', '--seconds', '1', '--json'], {
    JETSTREAM_URL: urls.join(','),
  })
  plain.close()
  expect(ended.code).toBe(1)
  const failed = resultsOf(ended).filter(({ state }) => state === 'failed')
  expect(failed.map(({ name, advice }) => `${name}: ${advice.join()}`)).toEqual([
    expect.stringMatching(/events: .*JETSTREAM_WIRE/),
    expect.stringMatching(/127\.0\.0\.1:9 TCP: .*allowed/),
    expect.stringMatching(/nowhere\.invalid name: .*DNS/),
  ])
})

test('what cannot be an address of a host is refused before anything is opened', async () => {
  await using folder = await openFolder()
  for (const args of [['start', '--data-dir', folder.path], ['jetstream-test'], ['doctor']]) {
    const ended = await runProgram(args, { JETSTREAM_URL: 'ftp://jetstream.example' })
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^CONFIG_INVALID: JETSTREAM_URL: "ftp:.*expected wss.*\nHosts/),
    })
  }
  expect((await runProgram(['jetstream-test', '--seconds', '0'])).code).toBe(2)
})
