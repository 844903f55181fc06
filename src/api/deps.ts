/** What the API is made of; the composition root gives it. */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Speaker } from '../speaker/speaker.ts'
import type { Acceptance, Head, Store } from '../store/store.ts'
import type { Heads } from './heads.ts'
import type { Token } from './token.ts'

export interface ApiDeps {
  readonly store: Store
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Rings the planner's doorbell. A failure costs time, never correctness. */
  readonly wakePlan: () => Promise<void>
  /** The live connection to a speaker, for `show` and `adopt`. Not closed by the API. */
  readonly speakers: (address: Pick<DesiredSpeaker, 'speaker' | 'endpoint' | 'tls'>) => Speaker
  readonly auth: AuthSettings
  readonly metrics: { readonly contentType: string; render(): Promise<string> }
  readonly logger: FastifyBaseLogger
  readonly health: { ready(): Promise<Readiness> }
  /** Whether this Redis is the one that was known (not rolled back, not another, not emptied). */
  readonly storeIdentity: StoreIdentity
  /** A short unique name for an overlay. */
  readonly newId: () => string
  readonly version: string
}

export interface AuthSettings {
  /** Undefined: no tokens; then only loopback and the unix socket are served, as admin. */
  readonly tokens: readonly Token[] | undefined
  /** Host names, beside loopback's, under which a browser may reach an API without tokens. */
  readonly hosts?: readonly string[]
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
}

export interface StoreIdentity {
  check(head: Head | undefined): 'ok' | { readonly problem: string }
  /** Takes the store as it is now for the true one; answers what to tell other controllers. */
  accept(head: Head): Promise<Acceptance | undefined>
}

/** What the routes share. */
export interface ApiContext {
  readonly deps: ApiDeps
  readonly heads: Heads
  /** Aborts when the server closes: event streams and long polls end. */
  readonly closing: AbortSignal
}

export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>
