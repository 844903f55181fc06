/**
 * Operating failures: what goes wrong although the program is right. One catalogue; translated once at each edge
 * (gRPC in speaker/, Redis in store/, problem+json in api/). Expected outcomes are values; programmers' errors assert.
 */
export const operationErrors = {
  'speaker-unreachable': { retryable: true, status: 503 },
  'speaker-timeout': { retryable: true, status: 504 },
  'speaker-refused': { retryable: false, status: 502 },
  'speaker-unsupported': { retryable: false, status: 502 },
  /** Paths of another program that our export policy would silence. */
  'foreign-paths': { retryable: true, status: 502 },
  'speaker-policy': { retryable: true, status: 502 },
  'store-unavailable': { retryable: true, status: 503 },
  'store-misconfigured': { retryable: false, status: 500 },
  'store-full': { retryable: true, status: 507 },
  'store-rolled-back': { retryable: false, status: 503 },
  'stale-revision': { retryable: true, status: 412 },
  'lease-lost': { retryable: true, status: 503 },
  'not-found': { retryable: false, status: 404 },
  'invalid-documents': { retryable: false, status: 422 },
  'guard-refused': { retryable: false, status: 409 },
  /** Settings, files or addresses that this process was given. */
  misconfigured: { retryable: false, status: 500 },
  aborted: { retryable: true, status: 503 },
} as const satisfies Record<string, { retryable: boolean; status: number }>

export type OperationCode = keyof typeof operationErrors

export class OperationError extends Error {
  readonly code: OperationCode
  override readonly name = 'OperationError'

  constructor(code: OperationCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  get retryable(): boolean {
    return operationErrors[this.code].retryable
  }
}
