/** Which addresses of a service node are the service: those put on `lo` beside the loopback addresses themselves. */
import type { NetworkInterfaceInfo } from 'node:os'
import type { RunningLab } from '../running-lab.ts'

export function serviceAddresses(ofLoopback: readonly Pick<NetworkInterfaceInfo, 'address'>[]): readonly string[] {
  return ofLoopback
    .filter(({ address }) => !address.startsWith('127.') && address !== '::1' && !address.startsWith('fe80:'))
    .map(({ address }) => address)
}

/** Those of a node, asked from outside, IPv4 first. */
export async function servedBy(lab: RunningLab, node: string): Promise<readonly string[]> {
  const { stdout } = await lab.exec(node, ['ip', '-j', 'addr', 'show', 'dev', 'lo', 'scope', 'global'])
  const [link] = JSON.parse(stdout || '[]') as readonly {
    readonly addr_info?: readonly { readonly local?: string }[]
  }[]
  // Addresses of another scope are listed as {}.
  return serviceAddresses(
    (link?.addr_info ?? []).flatMap(({ local }) => (local === undefined ? [] : { address: local })),
  )
}
