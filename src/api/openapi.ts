/** OpenAPI 3.1 from the routes' own schemas, and the docs page; both work without the Internet. */
import fastifySwagger, { type SwaggerTransform } from '@fastify/swagger'
import apiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** Before the routes. */
export async function describeApi(api: FastifyInstance, version: string): Promise<void> {
  await api.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Herald',
        version,
        description:
          'BGP route-announcement controller for IP anycast. Every error is a problem (RFC 9457); every write takes a reason, `?dryRun=true` and If-Match, every POST an Idempotency-Key.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This controller' }],
      security: [{}, { token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      tags: [
        { name: 'verbs', description: 'What operators do' },
        { name: 'plan', description: 'Questions about decisions' },
        { name: 'documents', description: 'Intent and overlays' },
        { name: 'revisions', description: 'The audit, proofs, and the way back' },
        { name: 'speakers', description: 'Speakers, neighbors, routes' },
        { name: 'collectors', description: 'Vantage routers, and what they see' },
        { name: 'events', description: 'What happens, as it happens' },
        { name: 'operations', description: 'The controller itself' },
      ],
    },
    transform,
    transformObject: jsonSchemaTransformObject,
  })
}

/** After the routes. */
export async function serveDocs(api: FastifyInstance): Promise<void> {
  api.get('/v1/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, async () => api.swagger())
  await api.register(async (docs) => {
    docs.addHook('onRoute', (route) => void (route.config = { ...route.config, role: 'public' }))
    await docs.register(apiReference, {
      routePrefix: '/docs',
      // No fonts, telemetry or proxy of others: an operator's network may have no way out.
      configuration: { url: '/v1/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true },
    })
  })
}

/** A name that may contain slashes is Fastify's `*`; OpenAPI calls it by its name. */
const transform: SwaggerTransform = (route) => {
  const { schema, url } = jsonSchemaTransform(route)
  if (!url.endsWith('/*')) return { schema, url }
  const named = JSON.parse(JSON.stringify(schema).replaceAll('"*"', '"name"')) as typeof schema
  return { schema: named, url: `${url.slice(0, -1)}:name` }
}
