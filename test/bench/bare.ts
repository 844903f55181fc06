/**
 * Baselines on the wire: the plainest client one would write with @grpc/grpc-js and @grpc/proto-loader on GoBGP's v4
 * API, without any of Herald's speaker code.
 */
import { fileURLToPath } from 'node:url'
import { type ServiceClientConstructor, credentials, loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const v4 = fileURLToPath(new URL('../../proto/gobgp/v4', import.meta.url))

interface Call {
  on(event: 'data', listener: (message: unknown) => void): void
  on(event: 'end', listener: () => void): void
  on(event: 'error', listener: (error: Error) => void): void
}

type Unary = (request: object, done: (error: Error | null) => void) => void

export interface BareClient {
  readonly ListPath: (request: object) => Call
  readonly AddPath: Unary
  close(): void
}

export function bareClient(endpoint: string): BareClient {
  const definition = loadPackageDefinition(
    loadSync('gobgp.proto', { includeDirs: [v4], keepCase: true, longs: Number, enums: String, oneofs: true }),
  ) as unknown as { api: { GoBgpService: ServiceClientConstructor } }
  const client = new definition.api.GoBgpService(endpoint, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  })
  return client as unknown as BareClient
}

/** Milliseconds of one ListPath of the IPv4 table, decoded and dropped. */
export async function bareListPath(endpoint: string, expected: number): Promise<number> {
  const client = bareClient(endpoint)
  const started = performance.now()
  let count = 0
  await new Promise<void>((resolve, reject) => {
    const call = client.ListPath({ table_type: 'TABLE_TYPE_GLOBAL', family: { afi: 'AFI_IP', safi: 'SAFI_UNICAST' } })
    call.on('data', () => count++)
    call.on('end', resolve)
    call.on('error', reject)
  })
  client.close()
  if (count !== expected) throw new Error(`ListPath told ${count} of ${expected} paths`)
  return performance.now() - started
}
