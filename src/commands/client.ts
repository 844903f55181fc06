/** The API's client: requests over TCP or the unix socket, problems turned into errors with place and way out. */
import { type Dispatcher, Client as HttpClient } from 'undici'
import type { Problem } from '../api/wire/problem.ts'
import { type Endpoint, endpointName } from './endpoint.ts'
import { CommandError, exitCode } from './exit-code.ts'
import { count } from './plural.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Such as `/v1/speakers`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default 60. */
  readonly timeoutSeconds?: number
}

/** A problem that the API answered. */
export class ApiError extends CommandError {
  readonly problem: Problem

  /** @param asked a question, which changes nothing whatever the answer */
  constructor(problem: Problem, asked: 'question' | 'write') {
    super(
      [400, 404, 422].includes(problem.status) ? exitCode.usage : exitCode.refused,
      headline(problem, asked),
      isOneSentence(problem, asked) ? [] : detailLines(problem),
    )
    this.problem = problem
  }
}

export class ApiClient {
  readonly #http: HttpClient
  readonly #name: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(
    endpoint: Endpoint,
    identity: { readonly token: string | undefined; readonly author: string | undefined },
  ) {
    this.#name = endpointName(endpoint)
    this.#http =
      endpoint.kind === 'socket'
        ? new HttpClient('http://localhost', { socketPath: endpoint.path })
        : new HttpClient(endpoint.origin)
    this.#headers = {
      ...(identity.token !== undefined && { authorization: `Bearer ${identity.token}` }),
      ...(identity.author !== undefined && { 'x-herald-author': identity.author }),
    }
  }

  /** The answer's JSON. Fails with ApiError, or CommandError where Herald cannot be reached. */
  async request<T>(request: ApiRequest): Promise<T> {
    const response = await this.#send(request)
    const text = await response.body.text().catch((error: unknown) => this.#unreachable(error))
    if (response.statusCode < 300) return JSON.parse(text) as T
    throw new ApiError(readProblem(response.statusCode, text), isQuestion(request) ? 'question' : 'write')
  }

  /** The answer as it comes, for event streams. */
  async stream(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<string>> {
    const response = await this.#send({ timeoutSeconds: 0, ...request }, signal)
    if (response.statusCode >= 300)
      throw new ApiError(readProblem(response.statusCode, await response.body.text()), 'question')
    return response.body.setEncoding('utf8') as AsyncIterable<string>
  }

  async close(): Promise<void> {
    await this.#http.destroy()
  }

  async #send({ method = 'GET', path, query, body, headers, timeoutSeconds = 60 }: ApiRequest, signal?: AbortSignal) {
    const options: Dispatcher.RequestOptions = {
      method,
      path: path + queryText(query),
      headers: {
        ...this.#headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: timeoutSeconds * 1000,
      bodyTimeout: timeoutSeconds * 1000,
      ...(signal !== undefined && { signal }),
    }
    // A kept connection may be closed by the other side just when it is used again; asking twice changes nothing.
    const once = () => this.#http.request(options)
    return once()
      .catch((error: unknown) => (method === 'GET' && isReset(error) ? once() : Promise.reject(error as Error)))
      .catch((error: unknown) => this.#unreachable(error))
  }

  #unreachable(error: unknown): never {
    if (error instanceof Error && error.name === 'AbortError') throw error
    const why = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)
    throw new CommandError(
      exitCode.unreachable,
      `cannot reach Herald at ${this.#name} (${why}): is "herald serve" running there? Name another address with --url or HERALD_URL`,
    )
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'UND_ERR_SOCKET')
}

function queryText(query: ApiRequest['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

function readProblem(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as Partial<Problem>
    if (typeof body.code === 'string' && typeof body.detail === 'string') return { status, ...body } as Problem
  } catch {
    // not Herald's: a proxy in between, told below
  }
  const detail = `answered ${status}, and not as Herald does: ${text.slice(0, 200)}`
  return { type: 'about:blank', title: 'Error', status, code: 'foreign-answer', detail }
}

function isQuestion({ method = 'GET', path, query }: ApiRequest): boolean {
  return method === 'GET' || path === '/v1/plan' || query?.['dryRun'] === true
}

/** A wrong question: its one answer says where and what. */
function isOneSentence({ status, errors = [] }: Problem, asked: 'question' | 'write'): boolean {
  return asked === 'question' && status === 400 && errors.length > 0
}

function headline(problem: Problem, asked: 'question' | 'write'): string {
  if (isOneSentence(problem, asked)) return problem.detail
  const { length } = problem.errors ?? []
  if (length > 0) return `${count(length, 'problem')}${asked === 'write' ? '; nothing was changed' : ''}`
  if (problem.guards !== undefined && problem.guards.length > 0) return 'refused; nothing was changed'
  return problem.detail
}

function detailLines(problem: Problem): string[] {
  const errors = (problem.errors ?? []).map(
    ({ document, pointer, message }) => `${document ?? ''}${pointer}: ${message}`,
  )
  const guards = (problem.guards ?? []).map(({ guard, message }) => `${guard}: ${message}`)
  return [...errors, ...guards]
}
