/** Which addresses of a service node are the service: those put on `lo` beside the loopback addresses themselves. */
import type { NetworkInterfaceInfo } from 'node:os'

export function serviceAddresses(ofLoopback: readonly NetworkInterfaceInfo[]): readonly string[] {
  return ofLoopback
    .filter(({ address }) => !address.startsWith('127.') && address !== '::1' && !address.startsWith('fe80:'))
    .map(({ address }) => address)
}
