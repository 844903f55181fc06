/** What the API says of itself: OpenAPI 3.1, JSON Schemas and a docs page that need nothing from the Internet. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds } from '../../../src/intent/document.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, ask, openStage } from './stage.ts'

let redis: TestRedis
let stage: Stage

beforeAll(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
})
afterAll(async () => {
  await stage.close()
  await redis.stop()
})

interface Description {
  readonly openapi: string
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly summary?: string; readonly tags?: readonly string[] }>>>
  >
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

async function description(): Promise<Description> {
  return (await ask<Description>(stage, 'GET', '/v1/openapi.json')).body
}

test('the description is valid OpenAPI 3.1', async () => {
  const found = await description()
  expect(found.openapi).toBe('3.1.0')
  const outcome = await new Validator().validate(structuredClone(found) as unknown as Record<string, unknown>)
  expect(outcome).toMatchObject({ valid: true })
})

test('every route has a summary and a place in the description', async () => {
  const { paths } = await description()
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, tags }]) => ({ route: `${method} ${path}`, summary, tags })),
  )
  expect(told.filter(({ summary, tags }) => summary === undefined || tags === undefined)).toEqual([])
  expect(told.map(({ route }) => route)).toEqual(
    expect.arrayContaining([
      'get /v1/documents/{kind}/{name}',
      'put /v1/documents/{kind}/{name}',
      'delete /v1/documents/{kind}/{name}',
      'post /v1/prefixes/publish',
      'get /v1/revisions/{revision}/proof',
      'get /v1/events',
      'post /v1/store/accept',
    ]),
  )
})

test('every reference leads somewhere', async () => {
  const found = await description()
  const references = JSON.stringify(found).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
  const missing = [...references].map(([, name]) => name ?? '').filter((name) => !(name in found.components.schemas))
  expect(missing).toEqual([])
})

test('the docs page loads nothing from elsewhere', async () => {
  const page = await ask<string>(stage, 'GET', '/docs/')
  expect(page.status).toBe(200)
  expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//)
  const script = await ask<string>(stage, 'GET', '/docs/js/scalar.js')
  expect(script.status).toBe(200)
})

test.each(kinds)('the JSON Schema of %s is published', async (kind) => {
  const { status, body } = await ask<Record<string, unknown>>(stage, 'GET', `/v1/schemas/${kind}`)
  expect(status).toBe(200)
  expect(body['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
})
