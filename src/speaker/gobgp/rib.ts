/** Reading routes: the global RIB and what one neighbor is sent, whole by stream, by exact prefixes or by space. */
import type { Address } from '../../bgp/address.ts'
import { type Family, families } from '../../bgp/family.ts'
import { type Prefix, prefixFamily } from '../../bgp/prefix.ts'
import type { AdjOutPath, RibPath } from '../speaker.ts'
import { type Budget, collect } from './call.ts'
import type { ReadDaemon } from './connection.ts'
import type { ListPathRequest } from './messages.ts'
import type { PathDecoder } from './path-message.ts'

/** RFC 4760: AFI 1 and 2, SAFI 1 unicast. */
export const familyNumbers = { ipv4: { afi: 1, safi: 1 }, ipv6: { afi: 2, safi: 1 } } as const

export async function listRib(
  daemon: ReadDaemon,
  decoder: PathDecoder,
  prefixes: readonly Prefix[] | 'all',
  limit: Budget,
): Promise<readonly RibPath[]> {
  const paths: RibPath[] = []
  const table = { table_type: daemon.codec.tableType.global }
  await list(daemon, table, prefixes, limit, (response) => decoder.ribPaths(response, paths))
  return paths
}

export async function listAdjOut(
  daemon: ReadDaemon,
  decoder: PathDecoder,
  neighbor: Address,
  prefixes: readonly Prefix[] | 'all',
  limit: Budget,
): Promise<readonly AdjOutPath[]> {
  const paths: AdjOutPath[] = []
  const table = { table_type: daemon.codec.tableType.adjOut, name: neighbor }
  await list(daemon, table, prefixes, limit, (response) => decoder.adjOutPaths(response, paths))
  return paths
}

/** Of these prefixes and whatever is more specific; one question after the other, because each costs the daemon its whole table. */
export async function listWithin(
  daemon: ReadDaemon,
  decoder: PathDecoder,
  space: readonly Prefix[],
  limit: Budget,
): Promise<readonly RibPath[]> {
  const paths: RibPath[] = []
  const type = daemon.codec.longerLookup
  for (const prefix of space) {
    const family = familyNumbers[prefixFamily(prefix)]
    const table = { table_type: daemon.codec.tableType.global, family, enable_only_binary: true }
    const request = { ...table, prefixes: [{ prefix, type }] }
    await collect(daemon, daemon.methods.listPath, request, limit, (response) => decoder.ribPaths(response, paths))
  }
  return paths
}

async function list(
  daemon: ReadDaemon,
  table: Pick<ListPathRequest, 'table_type' | 'name'>,
  prefixes: readonly Prefix[] | 'all',
  limit: Budget,
  take: (response: Buffer) => void,
): Promise<void> {
  const requests: ListPathRequest[] = []
  for (const family of families) {
    const request = { ...table, family: familyNumbers[family], enable_only_binary: true }
    if (prefixes === 'all') requests.push(request)
    else {
      // A request without prefixes lists the whole table.
      const exact = prefixesOf(family, prefixes)
      const type = daemon.codec.exactLookup
      if (exact.length > 0) requests.push({ ...request, prefixes: exact.map((prefix) => ({ prefix, type })) })
    }
  }
  await Promise.all(requests.map((request) => collect(daemon, daemon.methods.listPath, request, limit, take)))
}

function prefixesOf(family: Family, prefixes: readonly Prefix[]): readonly Prefix[] {
  return [...new Set(prefixes)].filter((prefix) => prefixFamily(prefix) === family)
}
