/** What a client sends; its only argument, as JSON. Also the ports of the service, alike in every topology. */

/** STAMP's own (RFC 8762 §4.1). */
export const echoPort = 862
export const httpPort = 80

export interface ClientPlan {
  /** Service addresses, at most one a family. */
  readonly addresses: readonly string[]
  /** Between two UDP packets to one address. */
  readonly intervalMs: number
  /** Between two HTTP requests to one address. */
  readonly httpIntervalMs: number
  /** Without an answer for so long, a packet is lost. */
  readonly timeoutMs: number
}
