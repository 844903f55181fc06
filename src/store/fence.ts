/**
 * Fencing: a write that only the holder of a lease may make compares the lease's token inside its own Lua call, so that
 * a holder that was paused for too long cannot write any more, whatever it believes.
 */
import { OperationError } from '../bgp/operation-error.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { type Script, defineScript, runScript } from './script.ts'
import type { Fence } from './store.ts'

/** The body runs only where KEYS[1] (the lease) holds ARGV[1] (the token); its own keys and arguments follow those. */
export function defineFencedScript(body: string): Script {
  return defineScript(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease-lost' end\n${body}`)
}

/** Fails with `lease-lost` where the fence does not hold; nothing was written then. */
export async function runFenced(
  link: Link,
  keys: Keys,
  script: Script,
  fence: Fence,
  touched: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const answer = await link.run((redis) =>
    runScript(redis, script, [keys.lease(fence.lease), ...touched], [fence.token, ...args]),
  )
  if (answer === 'lease-lost')
    throw new OperationError(
      'lease-lost',
      `the lease ${fence.lease} is not ours any more: another process has it or may take it`,
    )
  return answer
}
