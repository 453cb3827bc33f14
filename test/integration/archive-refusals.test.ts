/** The archive as a source against an HTTP server that does what a real one seldom does. */
import { randomBytes } from 'node:crypto'
import { encode } from 'cborg'
import { expect, onTestFinished, test } from 'vitest'
import type { Frame } from '../../src/event/frame.ts'
import { type ArchiveOptions, openArchiveSource } from '../../src/source/archive/archive.ts'
import type { ArchiveRow } from '../../src/source/archive/block.ts'
import { archiveRow, firstUs } from '../support/archive-file.ts'
import { collectChunks } from '../support/collect-chunks.ts'
import { type FakeArchive, openFakeArchive, sendError, sendJson } from '../support/fake-archive.ts'

const second = 1_000_000
const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => archiveRow(from + n))
/** Two segments of two blocks, numbers 1 to 12. */
const segments = [
  [rows(1, 3), rows(4, 6)],
  [rows(7, 9), rows(10, 12)],
]

function open(archive: FakeArchive, options: Partial<ArchiveOptions> = {}) {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  return openArchiveSource({
    host: archive.url,
    fromUs: 0,
    toUs: null,
    position: null,
    signal: stop.signal,
    ...options,
    timings: { backoffFirstMs: 1, backoffCapMs: 5, ...options.timings },
  })
}

async function read(archive: FakeArchive, options: Partial<ArchiveOptions> = {}) {
  const { frames, done } = collectChunks(open(archive, options))
  await done
  return frames
}

const seqs = (frames: readonly Frame[]) => frames.map(({ position }) => position.seq)
const count = (to: number, from = 1) => Array.from({ length: to - from + 1 }, (_, n) => from + n)
const asks = (archive: FakeArchive, method: string) =>
  archive.asked.filter((line) => line.includes(method)).length

/** Rows that do not pack, so that a few blocks are more than what is fetched at once. */
function bulky(seq: number): ArchiveRow {
  const noise = () => ({ noise: new Uint8Array(randomBytes(1_500_000)) })
  return archiveRow(seq, { payload: Buffer.from(encode(noise())) })
}

test('a host that warms up is waited for, and the status says so', async () => {
  await using archive = await openFakeArchive(...segments)
  let refused = 0
  const source = open(archive, { timings: { backoffFirstMs: 20, backoffCapMs: 20 } })
  const seen = new Set<string>()
  archive.interfere = (_method, _request, response) => {
    seen.add(source.status().state)
    if (refused === 6) return false
    refused += 1
    sendError(response, 503, 'ServiceUnavailable')
    return true
  }
  const { frames, done } = collectChunks(source)
  await expect.poll(() => source.status().detail).toContain('HTTP 503: ServiceUnavailable it is')
  await done
  expect(seqs(frames)).toEqual(count(12))
  expect(seen).toContain('connecting')
  expect(source.status()).toMatchObject({ state: 'ended', reconnects: 6, skipped: {} })
})

test('a connection that breaks off or falls silent is made again', async () => {
  await using archive = await openFakeArchive(...segments)
  let broken = 0
  archive.interfere = (method, request, response) => {
    if (method !== 'getSegment' || broken === 3) return false
    broken += 1
    response.writeHead(206, { 'content-length': '256', etag: '"x"' })
    if (broken === 1) request.socket.destroy()
    else response.write('jss0')
    return true
  }
  expect(seqs(await read(archive, { timings: { idleMs: 50 } }))).toEqual(count(12))
  expect(broken).toBe(3)
})

test('stopping while it waits ends it at once and without an error', async () => {
  await using archive = await openFakeArchive(...segments)
  archive.interfere = (_method, _request, response) => {
    sendError(response, 503, 'ServiceUnavailable')
    return true
  }
  const stop = new AbortController()
  const timings = { backoffFirstMs: 60_000, backoffCapMs: 60_000 }
  const source = open(archive, { signal: stop.signal, timings })
  const { done } = collectChunks(source)
  await expect.poll(() => source.status().state).toBe('waiting')
  stop.abort()
  await done
  expect(source.status().state).toBe('ended')
  expect(source.reach()).toBeNull()
})

test('a file that is rewritten while it is read is read on behind what was handed out', async () => {
  const whole = [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => [bulky(seq)])
  await using archive = await openFakeArchive(whole)
  let parts = 0
  archive.interfere = (method, request) => {
    const isPart = method === 'getSegment' && request.headers['if-range'] !== undefined
    if (isPart) parts += 1
    // Index, first part, and then the file becomes another: number 1 was superseded meanwhile.
    if (isPart && parts === 3) archive.seal(whole.map((block, n) => (n === 0 ? [] : block)))
    return false
  }
  expect(seqs(await read(archive))).toEqual(count(8))
  expect(parts).toBeGreaterThan(5)
})

test('what is read ahead of the reader is two parts of a few blocks', async () => {
  await using archive = await openFakeArchive(count(16).map((seq) => [bulky(seq)]))
  const chunks = open(archive).chunks()[Symbol.asyncIterator]()
  await chunks.next()
  expect(asks(archive, 'getSegment')).toBe(2 + 2) // header, index, and two parts
  await chunks.return?.()
})

test('a file that is rewritten again and again is read block by block', async () => {
  await using archive = await openFakeArchive(...segments)
  archive.interfere = (method, request, response) => {
    if (method !== 'getSegment' || request.headers['if-range'] === undefined) return false
    response.setHeader('etag', `"${archive.asked.length}"`)
    response.end('another file')
    return true
  }
  expect(seqs(await read(archive))).toEqual(count(12))
  expect(asks(archive, 'getBlock')).toBe(4)
})

test('a host that gives whole files only is read block by block', async () => {
  await using archive = await openFakeArchive(...segments)
  archive.interfere = (method, request) => {
    if (method === 'getSegment') request.headers['if-range'] = 'never'
    return false
  }
  expect(seqs(await read(archive))).toEqual(count(12))
  expect(asks(archive, 'getBlock')).toBe(4)
})

test.each(['segment', 'blocks'] as const)('of a stretch of time only (%s)', async (mode) => {
  await using archive = await openFakeArchive(...segments)
  archive.mode = mode
  const [fromUs, toUs] = [firstUs + 5 * second, firstUs + 8 * second]
  const source = open(archive, { fromUs, toUs })
  const { frames, done } = collectChunks(source)
  await done
  expect(seqs(frames)).toEqual([5, 6, 7])
  expect(source.reach()).toMatchObject({
    sealedTip: { seq: 12, witnessedUs: firstUs + 12 * second },
    oldestUs: firstUs + second,
    throughUs: toUs,
  })
})

test('where the archive ends before the stretch does, it says how far it goes', async () => {
  await using archive = await openFakeArchive(...segments)
  const source = open(archive, { fromUs: firstUs + 11 * second, toUs: firstUs + 60 * second })
  const { frames, done } = collectChunks(source)
  await done
  expect(seqs(frames)).toEqual([11, 12])
  expect(source.reach()).toMatchObject({ throughSeq: 12, throughUs: firstUs + 12 * second })
})

test.each(['segment', 'blocks'] as const)(
  'a plan of many pages gives each row once (%s)',
  async (mode) => {
    await using archive = await openFakeArchive(...segments, [rows(13, 15)])
    archive.mode = mode
    archive.pageEntries = 1
    expect(seqs(await read(archive))).toEqual(count(15))
    expect(archive.bodies.length).toBe(mode === 'segment' ? 3 : 5)
    expect(
      new Set(archive.bodies.map((body) => (body as { beforeSeq: number }).beforeSeq)),
    ).toEqual(new Set([15]))
  },
)

test('it goes on behind the position that is stored, and at any one', async () => {
  await using archive = await openFakeArchive(...segments)
  const all = await read(archive)
  for (const [n, { position }] of all.entries()) {
    const rest = await read(archive, { position })
    expect(seqs(rest)).toEqual(count(12, n + 2))
  }
})

test('a position of another host is no number of this one', async () => {
  await using archive = await openFakeArchive(...segments)
  const [, , third] = await read(archive)
  const position = third && { ...third.position, host: 'wss://elsewhere.example' }
  expect(seqs(await read(archive, { position: position ?? null }))).toEqual(count(12))
})

test.each([
  ['ends before the stored number, though it is younger', 5, 86_400],
  ['had the stored number long before', 20, -86_400],
])(
  'a host that was rebuilt (it %s) counts anew: everything comes, in a new epoch',
  async (_how, to, seconds) => {
    await using archive = await openFakeArchive(...segments)
    const last = (await read(archive)).at(-1)
    archive.seal([rows(1, to).map((row) => ({ ...row, timeUs: row.timeUs + seconds * second }))])
    const frames = await read(archive, { position: last?.position ?? null })
    expect(frames.map(({ position: { seq, epoch } }) => [seq, epoch])).toEqual(
      count(to).map((seq) => [seq, 1]),
    )
  },
)

test('a position that the socket gave, behind the sealed tip, leaves nothing to read', async () => {
  await using archive = await openFakeArchive(...segments)
  const position = {
    host: archive.url,
    wire: 'v2',
    seq: 40,
    timeUs: firstUs + 40 * second,
  } as const
  const source = open(archive, { position: { ...position, epoch: 2 } })
  const { frames, done } = collectChunks(source)
  await done
  expect(frames).toEqual([])
  expect(source.reach()).toMatchObject({ epoch: 2, throughSeq: 40, sealedTip: { seq: 12 } })
})

test('an archive without a row ends at once', async () => {
  await using archive = await openFakeArchive()
  const source = open(archive)
  const { frames, done } = collectChunks(source)
  await done
  expect(frames).toEqual([])
  expect(source.reach()).toMatchObject({ sealedTip: null, throughSeq: 0 })
})

test('rows that are none are passed over and counted', async () => {
  const odd = [archiveRow(1, { kind: 9 }), archiveRow(2, { payload: Buffer.from('no CBOR') })]
  await using archive = await openFakeArchive([[...odd, archiveRow(3)]])
  const source = open(archive)
  const { frames, done } = collectChunks(source)
  await done
  expect(seqs(frames)).toEqual([3])
  expect(source.status().skipped).toEqual({ 'unknown-kind': 1, 'bad-payload': 1 })
})

test('more accounts than a plan takes are picked here', async () => {
  await using archive = await openFakeArchive(...segments)
  const dids = Array.from({ length: 10_001 }, (_, n) => `did:plc:account${n + 1}`)
  expect(seqs(await read(archive, { dids }))).toEqual(count(12).filter((seq) => seq % 3 !== 0))
  expect(archive.bodies).toEqual([{ afterSeq: 0, beforeSeq: 12 }])
})

test('a key is shown to the host, and its absence explained', async () => {
  await using archive = await openFakeArchive(...segments)
  archive.interfere = (_method, request, response) => {
    if (request.headers.authorization === 'Bearer secret') return false
    sendError(response, 401, 'AuthRequired')
    return true
  }
  await expect(read(archive)).rejects.toMatchObject({
    code: 'SOURCE_REJECTED',
    hint: 'This archive asks for an API key.',
  })
  expect(seqs(await read(archive, { apiKey: 'secret' }))).toEqual(count(12))
})

test.each<[string, FakeArchive['interfere'], string]>([
  [
    'a host without an archive',
    (_method, _request, response) => {
      response.writeHead(404).end('404 page not found')
      return true
    },
    'refuses listSegments: HTTP 404',
  ],
  [
    'a filter that is none',
    (method, _request, response) => {
      if (method !== 'planSnapshot') return false
      sendError(response, 400, 'InvalidRequest')
      return true
    },
    'refuses planSnapshot: InvalidRequest it is',
  ],
  [
    'a plan that does not go on',
    (method, _request, response) => {
      if (method !== 'planSnapshot') return false
      sendJson(response, { plannedThroughSeq: 0, sealedTipSeq: 12, segments: [] })
      return true
    },
    'does not go on behind number 0',
  ],
  [
    'an answer that is another program’s, three times',
    (_method, _request, response) => {
      response.end('<html>log in</html>')
      return true
    },
    'refuses listSegments',
  ],
  [
    'a name that leads elsewhere',
    (method, _request, response) => {
      if (method !== 'planSnapshot') return false
      const segment = { name: '../../admin', minSeq: 1, maxSeq: 2, mode: 'segment' }
      sendJson(response, { plannedThroughSeq: 12, sealedTipSeq: 12, segments: [segment] })
      return true
    },
    'an unexpected answer (segments.0.name',
  ],
  [
    'an answer without end',
    (method, _request, response) => {
      if (method !== 'listSegments') return false
      const more = () => response.write(Buffer.alloc(1024 * 1024, 0x20), () => more())
      more()
      return true
    },
    'more than 8388608 bytes',
  ],
  [
    'a damaged block',
    (method, _request, response) => {
      if (method !== 'getBlock') return false
      response.end('no zstd')
      return true
    },
    'block 0 of seg_0000000000.jss: A block of the archive is damaged',
  ],
])('%s ends it with what it was', async (_name, interfere, message) => {
  await using archive = await openFakeArchive(...segments)
  archive.mode = 'blocks'
  archive.interfere = interfere
  await expect(read(archive)).rejects.toMatchObject({
    code: 'SOURCE_REJECTED',
    message: expect.stringContaining(message),
  })
})
