import { z } from 'zod'
import { Limit, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const jetstreamTest = defineEndpoint({
  method: 'GET',
  path: '/jetstream-test',
  summary: 'Connects to the configured source and reports what arrives',
  description:
    'Opens a connection of its own for at most `seconds`, without touching what is stored.',
  tags: ['system'],
  query: z.object({ seconds: Limit(15, 3) }),
  response: z.object({
    ok: z.boolean(),
    host: z.string(),
    wire: z.string().nullable(),
    events: z.int(),
    bytes: z.int(),
    kinds: z.record(z.string(), z.int()),
    lagMs: z.number().nullable(),
    durationMs: z.number(),
    detail: z.string(),
  }),
  cacheSeconds: 0,
})

export const dbTest = defineEndpoint({
  method: 'GET',
  path: '/db-test',
  summary: 'Asks the database who it is and how long it takes to answer',
  description:
    'Connects, reads version and schema version, and counts the rows of each table (estimates).',
  tags: ['system'],
  query: z.object({}),
  response: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    schemaVersion: z.int().nullable(),
    latencyMs: z.number(),
    now: Timestamp.nullable(),
    tables: z.array(z.object({ name: z.string(), rows: z.number(), bytes: z.number() })),
    detail: z.string(),
  }),
  cacheSeconds: 0,
})
