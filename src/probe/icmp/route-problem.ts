/**
 * Why the kernel would not send to an address: fping keeps silent about it. Connecting a UDP socket looks up the route
 * and sends nothing.
 */
import { createSocket } from 'node:dgram'
import { type Address, addressFamily } from '../../bgp/address.ts'

const discardPort = 9

/** The error, or undefined where there is a route. */
export function routeProblem(address: Address, source: Address | undefined): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  const socket = createSocket(addressFamily(address) === 'ipv6' ? 'udp6' : 'udp4')
  socket.on('error', resolve)
  socket.bind({ port: 0, ...(source !== undefined && { address: source }) }, () => {
    socket.connect(discardPort, address, (error?: Error) => resolve(error))
  })
  return promise.finally(() => socket.close())
}
