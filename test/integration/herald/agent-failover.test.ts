/**
 * The whole chain as an operator runs it: services that answer HTTP, `herald agent` beside each, the controller, real
 * gobgpd with a BIRD neighbor. A service dies, and the neighbor loses the route of that POP and of no other.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { VerdictListView } from '../../../src/api/wire/alarm.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { cliProgram } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24'
const places = ['s0', 's1', 's2', 's3']
const withinMs = 20_000

const services = new Map<string, Server>()
const agents: ChildProcess[] = []
let daemons: readonly Gobgpd[]
let bird: Bird
let controller: Controller

beforeAll(async () => {
  const sites = await Promise.all(
    places.map(async (name) => {
      const address = loopbackAddress()
      return { name, address, port: await freePort(address), asn: networkAsn }
    }),
  )
  bird = await startBird(64496, () => sites)
  daemons = await Promise.all(
    sites.map(({ address, port }, i) =>
      startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: `192.0.2.${i + 1}` }),
    ),
  )
  for (const place of places) services.set(place, await startService())
  controller = await startController()
  const neighbors = sites.map(({ name, address }) => ({
    id: `line-${name}`,
    speaker: name,
    address: bird.address,
    asn: bird.asn,
    localAddress: address,
    remotePort: bird.port,
  }))
  await controller.apply([
    ...networkDocuments(
      daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint })),
      neighbors,
    ),
    ...places.map((place) => ({ kind: 'Agent' as const, name: `agent-${place}`, spec: { pop: `pop-${place}` } })),
    ...places.map((place) => ({
      kind: 'Check' as const,
      name: `web-${place}`,
      spec: {
        subject: 'service',
        at: [`pop-${place}`],
        target: '127.0.0.1',
        probe: { kind: 'http', url: `http://service.example:${portOf(place)}/` },
        interval: '200ms',
        fall: 3,
        rise: 3,
        holdDown: '1s',
      },
    })),
    {
      kind: 'Prefix',
      name: prefix,
      spec: {
        at: ['all'],
        failover: { checks: places.map((place) => `web-${place}`), return: { prepends: [], stage: '1s' } },
      },
    },
  ])
  for (const place of places) agents.push(startAgent(`agent-${place}`))
  await eventually(withinMs, async () => expect(await heardFrom()).toEqual(places))
}, 90_000)

afterAll(async () => {
  for (const agent of agents) agent.kill('SIGTERM')
  await Promise.all(agents.filter(({ exitCode }) => exitCode === null).map((agent) => once(agent, 'exit')))
  for (const server of services.values()) server.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await bird?.stop()
}, 30_000)

it('a service that dies loses its route at the neighbor, and gets it back when it answers again', async () => {
  await eventually(withinMs, async () => expect(await healthy()).toBe(places.length))
  const port = portOf('s2')
  services.get('s2')?.closeAllConnections()
  services.get('s2')?.close()
  const diedAt = performance.now()
  await eventually(withinMs, async () => expect(await heardFrom()).toEqual(['s0', 's1', 's3']))
  console.log(
    `service died → route gone at the neighbor: ${Math.round(performance.now() - diedAt)} ms, 200 ms probes, fall 3`,
  )
  services.set('s2', await startService(port))
  await eventually(withinMs, async () => expect(await heardFrom()).toEqual(places))
})

it('what probes measure is told by place, and by check and region as metrics; so are sessions', async () => {
  await eventually(withinMs, async () => {
    const { checks } = await controller.expect<VerdictListView>('GET', '/v1/checks?pop=pop-s1')
    expect(checks[0]?.measured).toMatchObject({ availability: 1, lossRatio: 0 })
    const { median, p95 } = checks[0]?.measured?.rttMs ?? { median: 0, p95: 0 }
    expect(median).toBeGreaterThan(0)
    expect(p95).toBeGreaterThanOrEqual(median)
  })
  const metrics = await controller.expect<string>('GET', '/metrics')
  expect(metrics).toContain('herald_probe_availability_ratio{check="web-s1",region="region-s1"} 1')
  expect(metrics).toMatch(/herald_probe_rtt_seconds\{check="web-s1",region="region-s1",quantile="0.95"\} 0\.\d+/)
  expect(metrics).toContain('herald_sessions{region="region-s1",kind="transit",state="established"} 1')
})

it('controllers come and go: agents go on probing and no route moves', async () => {
  await controller.kill()
  await controller.restart()
  await eventually(withinMs, async () => expect(await healthy()).toBe(places.length))
  expect(await heardFrom()).toEqual(places)
})

/** Sites whose route the neighbor has, by name of the speaker. */
async function heardFrom(): Promise<readonly string[]> {
  const routes = await bird.routes()
  return places.filter((place) => routes.has(`${place} ${prefix}`))
}

async function healthy(): Promise<number> {
  const { checks } = await controller.expect<{ checks: readonly { state: string }[] }>('GET', '/v1/checks')
  return checks.filter(({ state }) => state === 'healthy').length
}

async function startService(port = 0): Promise<Server> {
  const server = createServer((_request, response) => response.end('ok'))
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}

function portOf(place: string): number {
  const server = services.get(place)
  if (server === undefined) throw new Error(`no service at ${place}`)
  return (server.address() as AddressInfo).port
}

function startAgent(name: string): ChildProcess {
  const url = `unix://${join(controller.folder, 'herald.sock')}`
  return spawn(process.execPath, [cliProgram, '--url', url, 'agent', '--name', name, '--log-level', 'error'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
