/**
 * A controller dies: routes stay (G9), but for prefixes whose own policy says that a POP without a controller is to go.
 * Real gobgpd, a real agent beside it; when the controller is back, so is the route.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cliProgram } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkDocuments, networkAsn } from '../../support/network.ts'

const [held, leased] = ['10.1.0.0/24', '10.2.0.0/24']
const withinMs = 20_000

let daemon: Gobgpd
let controller: Controller
let agent: ChildProcess

beforeAll(async () => {
  daemon = await startGobgpd({ asn: networkAsn })
  controller = await startController()
  const policy = (lease: object) => ({ at: ['all'], failover: { checks: ['web'], lease } })
  await controller.apply([
    ...networkDocuments([{ id: 's0', endpoint: daemon.endpoint }]),
    { kind: 'Agent', name: 'agent-s0', spec: { pop: 'pop-s0' } },
    {
      kind: 'Check',
      name: 'web',
      spec: { subject: 'service', target: '127.0.0.1', probe: { kind: 'icmp' }, interval: '1s' },
    },
    { kind: 'Prefix', name: held, spec: policy({ policy: 'hold' }) },
    { kind: 'Prefix', name: leased, spec: policy({ policy: 'withdraw', after: '10s' }) },
  ])
  const url = `unix://${join(controller.folder, 'herald.sock')}`
  const flags = ['agent', '--name', 'agent-s0', '--speaker', daemon.endpoint, '--log-level', 'warn']
  agent = spawn(process.execPath, [cliProgram, '--url', url, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] })
  await eventually(withinMs, async () => expect(await routes()).toEqual([held, leased]))
  await eventually(withinMs, async () => {
    const { agents } = await controller.expect<{ agents: readonly { state: string }[] }>('GET', '/v1/agents')
    expect(agents.map(({ state }) => state)).toEqual(['heard'])
  })
}, 60_000)

afterAll(async () => {
  if (agent?.exitCode === null) {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
  }
  await controller?.stop()
  await daemon?.stop()
})

it('a controller that dies takes back the route with a lease after its time, and no other', async () => {
  await controller.kill()
  const diedAt = performance.now()
  await eventually(30_000, async () => expect(await routes()).toEqual([held]))
  const tookMs = performance.now() - diedAt
  console.log(`controller killed → route withdrawn by its lease of 10 s: ${Math.round(tookMs)} ms`)
  expect(tookMs).toBeGreaterThan(4500) // heard of at most five seconds before it died
  expect(tookMs).toBeLessThan(20_000)
}, 40_000)

it('when the controller is back, so is the route, and the lease does not end again', async () => {
  await controller.restart()
  await eventually(withinMs, async () => expect(await routes()).toEqual([held, leased]))
}, 40_000)

async function routes(): Promise<readonly string[]> {
  const rib = await daemon.cli('global', 'rib')
  return [held, leased].filter((prefix) => rib.includes(prefix))
}
