/**
 * The remote procedures of one API version. Those that carry paths take and give bytes, written and read by hand
 * (path-message.ts); the others are proto-loader's.
 */
import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import type { Codec } from './codec.ts'
import type {
  AddPeerRequest,
  AssignmentMessage,
  DefinedSetMessage,
  GetBgpResponse,
  ListPathRequest,
  ListPeerResponse,
  PolicyMessage,
  StartBgpRequest,
  StatementMessage,
  WatchEventRequest,
} from './messages.ts'

export interface Method<Request, Response> {
  /** `/api.GoBgpService/GetBgp` */
  readonly path: string
  readonly requestSerialize: (request: Request) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

export interface Methods {
  readonly getBgp: Method<object, GetBgpResponse>
  readonly startBgp: Method<StartBgpRequest, unknown>
  readonly addPath: Method<Buffer, unknown>
  readonly addPathStream: Method<Buffer, unknown>
  readonly deletePath: Method<Buffer, unknown>
  readonly listPath: Method<ListPathRequest, Buffer>
  readonly watchEvent: Method<WatchEventRequest, Buffer>
  readonly listPeer: Method<{ readonly address?: string }, ListPeerResponse>
  readonly addPeer: Method<AddPeerRequest, unknown>
  readonly deletePeer: Method<{ readonly address: string }, unknown>
  readonly enablePeer: Method<{ readonly address: string }, unknown>
  readonly disablePeer: Method<{ readonly address: string; readonly communication: string }, unknown>
  readonly addDefinedSet: Method<{ readonly defined_set: DefinedSetMessage; readonly replace: boolean }, unknown>
  readonly listDefinedSet: Method<{ readonly defined_type: number }, { readonly defined_set: DefinedSetMessage | null }>
  readonly addPolicy: Method<{ readonly policy: PolicyMessage }, unknown>
  readonly deletePolicy: Method<{ readonly policy: PolicyMessage; readonly all: boolean }, unknown>
  readonly deleteStatement: Method<
    { readonly statement: Pick<StatementMessage, 'name'>; readonly all: boolean },
    unknown
  >
  readonly listPolicyAssignment: Method<
    { readonly name: string; readonly direction: number },
    { readonly assignment: AssignmentMessage | null }
  >
  readonly setPolicyAssignment: Method<{ readonly assignment: AssignmentMessage }, unknown>
}

/** Those that change nothing. */
export type ReadMethods = Pick<Methods, 'getBgp' | 'listPath' | 'watchEvent' | 'listPeer'>

const loaded = new Map<string, Methods>()

/** Loads the definitions once per process and version. */
export function methodsOf(codec: Codec): Methods {
  const known = loaded.get(codec.proto)
  if (known !== undefined) return known
  const file = fileURLToPath(new URL(`../../../proto/gobgp/${codec.proto}`, import.meta.url))
  const service = loadSync(file, { keepCase: true, longs: Number, defaults: true })[codec.service]
  if (service === undefined) throw new Error(`assertion: ${codec.proto} does not define ${codec.service}`)
  const definitions = service as unknown as Readonly<Record<string, Method<never, never>>>
  const method = <Request, Response>(name: string): Method<Request, Response> => {
    const definition = definitions[name]
    if (definition === undefined) throw new Error(`assertion: ${codec.proto} does not define ${name}`)
    return definition as unknown as Method<Request, Response>
  }
  const bytesIn = (name: string) => ({ ...method<Buffer, unknown>(name), requestSerialize: identity })
  const bytesOut = { responseDeserialize: identity }
  const methods: Methods = {
    getBgp: method('GetBgp'),
    startBgp: method('StartBgp'),
    addPath: bytesIn('AddPath'),
    addPathStream: bytesIn('AddPathStream'),
    deletePath: bytesIn('DeletePath'),
    listPath: { ...method('ListPath'), ...bytesOut },
    watchEvent: { ...method('WatchEvent'), ...bytesOut },
    listPeer: method('ListPeer'),
    addPeer: method('AddPeer'),
    deletePeer: method('DeletePeer'),
    enablePeer: method('EnablePeer'),
    disablePeer: method('DisablePeer'),
    addDefinedSet: method('AddDefinedSet'),
    listDefinedSet: method('ListDefinedSet'),
    addPolicy: method('AddPolicy'),
    deletePolicy: method('DeletePolicy'),
    deleteStatement: method('DeleteStatement'),
    listPolicyAssignment: method('ListPolicyAssignment'),
    setPolicyAssignment: method('SetPolicyAssignment'),
  }
  loaded.set(codec.proto, methods)
  return methods
}

function identity(bytes: Buffer): Buffer {
  return bytes
}
