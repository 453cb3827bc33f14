import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const componentStates = ['ok', 'starting', 'degraded', 'down'] as const

export const componentNames = [
  'database',
  'source',
  'eventlog',
  'store',
  'collections',
  'coverage',
  'maintenance',
] as const

export const Component = z.object({
  name: z.enum(componentNames),
  state: z.enum(componentStates),
  since: Timestamp,
  detail: z
    .string()
    .describe('One sentence: what it is doing, or what failed and what happens next'),
})
export type Component = z.infer<typeof Component>

/** How far one partition of the log is stored. */
export const Partition = z.object({
  partition: z.int(),
  owner: z
    .string()
    .optional()
    .describe('Host name of the worker that stores it, told by that worker'),
  nextOffset: z.int().nullable().describe('Offset to store next; null before the first'),
  endOffset: z
    .int()
    .nullable()
    .describe('Offset that the next event will get; null where this process does not know Kafka'),
  lag: z.int().nullable().describe('Events that wait to be stored; null where unknown'),
  lagMs: z
    .number()
    .nullable()
    .describe('Age of its newest stored event; 0 where nothing waits, null before the first'),
})
export type Partition = z.infer<typeof Partition>

export const Health = z.object({
  status: z.enum(componentStates).describe('The worst of the components'),
  ready: z.boolean().describe('Whether this process can do its work now; false comes with 503'),
  name: z.string(),
  version: z.string(),
  now: Timestamp,
  source: z.enum(['jetstream', 'file', 'synthetic', 'none']),
  synthetic: z.boolean(),
  asOf: Timestamp.nullable(),
  lagMs: z.number().nullable(),
  components: z.array(Component),
  partitions: z
    .array(Partition)
    .describe('Of the log between reading and storing; empty without Kafka'),
})
export type Health = z.infer<typeof Health>

export const health = defineEndpoint({
  method: 'GET',
  path: '/health',
  summary: 'State of every component',
  description:
    '200 while this process can do its work, whatever `status` says; 503 while it cannot, as `/readyz`. Questions need the database, workers database and log, `ingest` the log.',
  tags: ['system'],
  query: z.object({}),
  response: Health,
  unready: 'As 200, but this process cannot do its work now',
  cacheSeconds: 0,
})
