/**
 * JSON Schema (2020-12) of what may be written, made from the schemas that read it: for the API's readers and for
 * editors (yaml-language-server) that complete and check manifests.
 */
import { z } from 'zod'
import { type Kind, apiVersion, kinds } from './document.ts'
import { labelPattern } from './schema/fields.ts'
import { specSchemas } from './schema/specs.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** The schema of a kind's spec. */
export function specJsonSchema(kind: Kind): JsonSchema {
  return { ...z.toJSONSchema(specSchemas[kind], { io: 'input' }), title: `${kind} spec` }
}

/** The schemas of all kinds' specs. */
export function jsonSchemas(): Readonly<Record<Kind, JsonSchema>> {
  return Object.fromEntries(kinds.map((kind) => [kind, specJsonSchema(kind)])) as Record<Kind, JsonSchema>
}

/** One schema for a manifest of any kind. */
export function manifestJsonSchema(): JsonSchema {
  return {
    $schema: dialect,
    title: 'Herald manifest',
    type: 'object',
    properties: { apiVersion: { const: apiVersion }, kind: { enum: kinds }, metadata: { type: 'object' }, spec: {} },
    required: ['apiVersion', 'kind', 'metadata'],
    additionalProperties: false,
    allOf: kinds.map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: manifestOf(kind),
    })),
  }
}

function manifestOf(kind: Kind): JsonSchema {
  const { $schema: _, ...spec } = specJsonSchema(kind)
  const needsSpec = !specSchemas[kind].safeParse({}).success
  return {
    properties: {
      metadata: {
        type: 'object',
        properties: { name: nameSchema(kind) },
        required: ['name'],
        additionalProperties: false,
      },
      spec,
    },
    ...(needsSpec && { required: ['spec'] }),
  }
}

function nameSchema(kind: Kind): JsonSchema {
  return kind === 'Prefix'
    ? { type: 'string', description: 'The prefix in canonical form', examples: ['203.0.113.0/24', '2001:db8::/48'] }
    : { type: 'string', description: 'A DNS label', pattern: labelPattern.source }
}
