/**
 * Runs on a service node: answers UDP echo and HTTP on every service address, which are those of `lo` that are not
 * loopback, and names the POP. Writes one line of JSON once it answers, and ends when stdin closes.
 *
 *   node responder.ts fra
 */
import { networkInterfaces } from 'node:os'
import { startHttpResponder } from '../../probe/echo/http-responder.ts'
import { startReflector } from '../../probe/echo/reflector.ts'
import { echoPort, httpPort } from './client-plan.ts'
import { serviceAddresses } from './service-address.ts'

const name = process.argv[2] ?? ''
const stop = new AbortController()
process.stdin.on('end', () => stop.abort()).resume()
const { signal } = stop

const addresses = serviceAddresses(networkInterfaces()['lo'] ?? [])
await Promise.all(
  addresses.flatMap((bind) => [
    served(startReflector({ bind, port: echoPort, name, signal })),
    served(startHttpResponder({ bind, port: httpPort, name, signal })),
  ]),
)
process.stdout.write(`${JSON.stringify({ addresses })}\n`)

/** Somebody may answer there already: two may look at one lab. */
async function served(start: Promise<unknown>): Promise<void> {
  try {
    await start
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
  }
}
