import type { FastifySchemaValidationError } from 'fastify'
import { z } from 'zod'
import type { RefusedParameter } from '../errors.ts'

/** One entry per parameter that a schema refused: what is wrong with it, and what would be right. */
export function explainIssues(
  issues: readonly FastifySchemaValidationError[],
  schema: unknown,
): RefusedParameter[] {
  const fields = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {}
  const refused = new Map<string, string>()
  for (const issue of issues) {
    for (const parameter of parametersOf(issue)) {
      const field = fields[parameter]
      const message = field
        ? `${issue.message ?? 'Invalid'}. Right would be: ${describeField(field)}`
        : `There is no such parameter. Right would be: ${Object.keys(fields).join(', ') || 'none'}`
      if (!refused.has(parameter)) refused.set(parameter, message)
    }
  }
  return [...refused].map(([parameter, message]) => ({ parameter, message }))
}

function parametersOf(issue: FastifySchemaValidationError): string[] {
  const { keys } = issue.params
  if (issue.keyword === 'unrecognized_keys' && Array.isArray(keys)) return keys.map(String)
  return [issue.instancePath.split('/')[1] ?? 'query']
}

/** What a field accepts, in words, from its schema. */
export function describeField(field: z.ZodType): string {
  const { description } = field
  const json = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })
  const rule = describeRule(z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' }), json)
  return [rule, description].filter(Boolean).join('; ')
}

type JsonSchema = z.core.JSONSchema.BaseSchema

function describeRule(output: JsonSchema, input: JsonSchema): string {
  const values = enumOf(input)
  if (values.length > 0) return `one of ${values.join(', ')}`
  if (output.type === 'integer' || output.type === 'number') {
    return `a whole number from ${output.minimum} to ${output.maximum}`
  }
  if (output.format === 'date-time') return 'an RFC 3339 time, for example 2026-07-04T14:00:00Z'
  if (output.type === 'boolean') return 'true or false'
  if (output.type === 'string' && output.maxLength !== undefined) {
    return `a text of ${output.minLength ?? 0} to ${output.maxLength} characters, given once`
  }
  return ''
}

function enumOf(schema: JsonSchema): string[] {
  if (schema.enum) return schema.enum.map(String)
  if (schema.const !== undefined) return [String(schema.const)]
  return (schema.anyOf ?? []).flatMap((option) => enumOf(option))
}
