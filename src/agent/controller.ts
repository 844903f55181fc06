/** The controller as an agent sees it: two requests with a token, each with a deadline, and what an answer means. */
import { Agent as HttpPool, type Dispatcher } from 'undici'
import {
  type AgentTasksView,
  type SentBatch,
  type TakenBatchView,
  agentTasksSchema,
  takenBatchSchema,
} from '../api/wire/agent.ts'

export type ControllerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'http'; readonly origin: string }

export interface ControllerOptions {
  readonly address: ControllerAddress
  readonly token: string | undefined
  readonly agent: string
  /** Called whenever it did what it was asked. */
  readonly heard?: () => void
}

/** Held open by the controller for so long, where nothing changes. */
const waitSeconds = 30
const tasksWithinMs = 40_000
const samplesWithinMs = 5000

export type TasksAnswer =
  | { readonly kind: 'tasks'; readonly revision: string; readonly view: AgentTasksView }
  | { readonly kind: 'same' }
  /** No document names this agent. */
  | { readonly kind: 'nobody'; readonly problem: string }

/** The controller answers, and refuses: in words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class Controller {
  readonly #http: HttpPool
  readonly #origin: string
  readonly #options: ControllerOptions

  constructor(options: ControllerOptions) {
    const { address } = options
    this.#options = options
    this.#origin = address.kind === 'http' ? address.origin : 'http://localhost'
    // One connection is held open by the question for tasks; samples need another.
    this.#http = new HttpPool({
      connections: 2,
      connect: { timeout: samplesWithinMs, ...(address.kind === 'socket' && { socketPath: address.path }) },
    })
  }

  /** Tasks as soon as they are others than those of `revision`. @throws where the controller cannot be reached */
  async tasks(revision: string | undefined, signal: AbortSignal): Promise<TasksAnswer> {
    const { status, headers, text } = await this.#send(
      {
        method: 'GET',
        path: `${this.#path('tasks')}?wait=${waitSeconds}`,
        headers: { ...(revision !== undefined && { 'if-none-match': `"${revision}"` }) },
      },
      AbortSignal.any([signal, AbortSignal.timeout(tasksWithinMs)]),
    )
    if (status === 304) return { kind: 'same' }
    if (status === 404) return { kind: 'nobody', problem: refusal(status, text).message }
    if (status !== 200) throw refusal(status, text)
    const etag = headers['etag']
    return {
      kind: 'tasks',
      revision: typeof etag === 'string' ? etag.replaceAll('"', '') : '',
      view: agentTasksSchema.parse(JSON.parse(text)),
    }
  }

  /** @throws where it cannot be reached, or refuses (RefusedError) */
  async take(batch: SentBatch, signal: AbortSignal): Promise<TakenBatchView> {
    const { status, text } = await this.#send(
      {
        method: 'POST',
        path: this.#path('samples'),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(batch),
      },
      AbortSignal.any([signal, AbortSignal.timeout(samplesWithinMs)]),
    )
    if (status !== 200) throw refusal(status, text)
    return takenBatchSchema.parse(JSON.parse(text))
  }

  async close(): Promise<void> {
    await this.#http.destroy()
  }

  #path(what: string): string {
    return `/v1/agents/${encodeURIComponent(this.#options.agent)}/${what}`
  }

  async #send(
    request: Pick<Dispatcher.RequestOptions, 'method' | 'path'> & {
      readonly headers: Readonly<Record<string, string>>
      readonly body?: string
    },
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly headers: Dispatcher.ResponseData['headers']; readonly text: string }> {
    const { token } = this.#options
    const { statusCode, headers, body } = await this.#http.request({
      ...request,
      origin: this.#origin,
      headers: { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      signal,
    })
    const text = await body.text()
    if (statusCode === 200 || statusCode === 304) this.#options.heard?.()
    return { status: statusCode, headers, text }
  }
}

function refusal(status: number, text: string): RefusedError {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown }
    if (typeof detail === 'string') return new RefusedError(status, detail)
  } catch {
    // not Herald's: a proxy in between, told below
  }
  return new RefusedError(status, `answered ${status}, and not as Herald does: ${text.slice(0, 200)}`)
}
