/** The published JSON Schema, read by an independent validator, takes and refuses what Herald does. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { kinds } from '../../../src/intent/document.ts'
import { jsonSchemas, manifestJsonSchema } from '../../../src/intent/json-schema.ts'
import { formatDocument } from '../../../src/intent/manifest.ts'
import { goodManifests, manifestData, manifestsIn } from '../../support/documents.ts'

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(manifestJsonSchema())

function errorsOf(text: string): readonly string[] {
  return parseAllDocuments(text).flatMap((document) => {
    validate(document.toJS())
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ''}`)
  })
}

describe('good manifests pass', () => {
  test.each(manifestsIn(new URL('good/', manifestData)))('$file', ({ text }) => expect(errorsOf(text)).toEqual([]))
  test('and so does what Herald writes itself', () => {
    for (const document of goodManifests().documents) expect(errorsOf(formatDocument(document))).toEqual([])
  })
})

describe('an editor marks what Herald would refuse, as far as a schema can say it', () => {
  test.each([
    'unknown-field',
    'missing-fields',
    'wrong-types',
    'out-of-range',
    'bad-names',
    'wrong-envelope',
    'cut-off',
    'monitoring',
    'failover-fields',
    'receivers',
  ])('%s', (name) => {
    const [file] = manifestsIn(new URL('bad/', manifestData)).filter((one) => one.file === `${name}.yaml`)
    expect(errorsOf(file?.text ?? '').length).toBeGreaterThan(0)
  })
})

test('every field of every kind is described', () => {
  const schemas = jsonSchemas()
  expect(Object.keys(schemas)).toEqual(kinds)
  for (const kind of kinds)
    for (const [field, schema] of Object.entries((schemas[kind]['properties'] ?? {}) as Record<string, object>))
      expect([kind, field, Object.keys(schema)]).toEqual([kind, field, expect.arrayContaining(['description'])])
})
