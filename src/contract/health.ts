import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const componentStates = ['ok', 'starting', 'degraded', 'down'] as const

export const Component = z.object({
  name: z.enum(['database', 'source', 'eventlog', 'store']),
  state: z.enum(componentStates),
  since: Timestamp,
  detail: z
    .string()
    .describe('One sentence: what it is doing, or what failed and what happens next'),
})
export type Component = z.infer<typeof Component>

export const Health = z.object({
  status: z.enum(componentStates).describe('The worst of the components'),
  name: z.string(),
  version: z.string(),
  now: Timestamp,
  source: z.enum(['jetstream', 'file', 'synthetic', 'none']),
  synthetic: z.boolean(),
  asOf: Timestamp.nullable(),
  lagMs: z.number().nullable(),
  components: z.array(Component),
})
export type Health = z.infer<typeof Health>

export const health = defineEndpoint({
  method: 'GET',
  path: '/health',
  summary: 'State of every component',
  description:
    '200 while questions can be answered, whatever `status` says; 503 when the database cannot be reached.',
  tags: ['system'],
  query: z.object({}),
  response: Health,
  cacheSeconds: 0,
})
