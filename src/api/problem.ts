/**
 * Translation of everything that can go wrong into problems (RFC 9457), in one place: our own refusals, operating
 * failures (OperationError), schema violations and Fastify's own errors. What is none of these is a bug: 500, logged.
 */
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { OperationError, operationErrors } from '../bgp/operation-error.ts'
import type { Problem, ProblemDetail } from './wire/problem.ts'

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Refused',
  412: 'Stale revision',
  413: 'Body too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  422: 'Invalid request',
  500: 'Internal error',
  502: 'Speaker refused',
  503: 'Unavailable',
  504: 'Speaker timed out',
  507: 'Store full',
}

/** A refusal that the API itself makes; thrown by handlers, sent by the error handler. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(
    status: number,
    code: string,
    detail: string,
    more: Partial<Pick<Problem, 'errors' | 'guards' | 'revision'>> = {},
  ) {
    super(detail)
    this.problem = problem(status, code, detail, more)
  }
}

export function problem(
  status: number,
  code: string,
  detail: string,
  more: Partial<Pick<Problem, 'errors' | 'guards' | 'revision'>> = {},
): Problem {
  return { type: `urn:herald:problem:${code}`, title: titles[status] ?? 'Error', status, detail, code, ...more }
}

export function translate(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof OperationError) return problem(operationErrors[error.code].status, error.code, error.message)
  if (hasZodFastifySchemaValidationErrors(error)) return schemaProblem(error)
  return fastifyProblem(error) ?? problem(500, 'internal', 'Herald failed on this request; its log tells more')
}

function schemaProblem(error: Parameters<typeof schemaErrors>[0] & { readonly validationContext?: unknown }): Problem {
  const errors = schemaErrors(error)
  const onlyReason = errors.length > 0 && errors.every(({ pointer }) => pointer === '/reason')
  const inBody = error.validationContext === 'body'
  const detail = errors.map(({ pointer, message }) => `${place(pointer, inBody)}: ${message}`).join('; ')
  return problem(inBody || onlyReason ? 422 : 400, onlyReason ? 'reason-required' : 'invalid-request', detail, {
    errors,
  })
}

function place(pointer: string, inBody: boolean): string {
  if (inBody) return pointer === '/' ? 'body' : pointer
  return pointer === '/' ? 'query' : `query parameter ${pointer.slice(1)}`
}

function schemaErrors(error: {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string; readonly params: object }[]
}): ProblemDetail[] {
  return error.validation.flatMap(({ instancePath, message = 'invalid', params }) => {
    const keys = 'keys' in params && Array.isArray(params.keys) ? params.keys.map(String) : undefined
    if (keys === undefined) return [{ pointer: instancePath, message }]
    const parent = instancePath === '/' ? '' : instancePath
    return keys.map((key) => ({ pointer: `${parent}/${key}`, message: `there is no "${key}" here` }))
  })
}

const fastifyCodes: Readonly<
  Record<string, { readonly status: number; readonly code: string; readonly detail?: string }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'body-too-large',
    detail: 'the body is larger than 8 MiB; apply the documents in several parts',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported-media-type',
    detail: 'send application/json',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'malformed-json' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'empty-body', detail: 'the body is empty; send a JSON object' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'malformed-request' },
  FST_ERR_BAD_URL: { status: 400, code: 'malformed-url' },
}

function fastifyProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as Partial<FastifyError>
  const known = fastifyCodes[code ?? '']
  if (known !== undefined) return problem(known.status, known.code, known.detail ?? error.message)
  if (error instanceof SyntaxError && statusCode === 400)
    return problem(400, 'malformed-json', `the body is not JSON: ${error.message}`)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return problem(statusCode, 'bad-request', error.message)
  return undefined
}
