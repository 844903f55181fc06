/** Addresses of nodes in the management network: what the file gives, else the next free one after the gateway's. */
import { formatAddress, readAddress } from '../../bgp/address.ts'

export interface Subnet {
  /** Any address of it, and its length. */
  readonly address: string
  readonly length: number
}

export function readSubnet(text: string): Subnet {
  const [address = '', length] = text.split('/')
  return { address, length: Number(length) }
}

/** True where both are of one subnet. */
export function isIn({ address, length }: Subnet, other: string): boolean {
  const [network, host] = [bitsOf(address), bitsOf(other)]
  return network.length === host.length && network.slice(0, length) === host.slice(0, length)
}

/**
 * One address for each place, in order.
 *
 * @param given addresses that are taken; undefined: to be chosen
 * @returns undefined where the subnet is too small
 */
export function allocate(subnet: Subnet, given: readonly (string | undefined)[]): readonly string[] | undefined {
  const network = bitsOf(subnet.address)
  const taken = new Set(given.flatMap((address) => (address === undefined ? [] : [bitsOf(address)])))
  const prefix = network.slice(0, subnet.length)
  const room = network.length - subnet.length
  let host = 2n // the network's own address and the gateway's come first
  const chosen: string[] = []
  for (const address of given) {
    if (address !== undefined) {
      chosen.push(address)
      continue
    }
    let bits: string
    do {
      if (host >= (1n << BigInt(room)) - 1n) return undefined
      bits = prefix + host.toString(2).padStart(room, '0')
      host += 1n
    } while (taken.has(bits))
    chosen.push(addressOf(bits))
  }
  return chosen
}

function bitsOf(address: string): string {
  const words = readAddress(address) ?? new Uint16Array()
  return [...words].map((word) => word.toString(2).padStart(16, '0')).join('')
}

function addressOf(bits: string): string {
  return formatAddress(Uint16Array.from(bits.match(/.{16}/g) ?? [], (word) => Number.parseInt(word, 2)))
}
