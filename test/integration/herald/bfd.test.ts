/**
 * BFD on a real line: gobgpd 4.8 and BIRD in two network namespaces with a link between them, the session and its BFD
 * configured by Herald. The link loses its carrier at the far end; the session is gone long before its hold time.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Namespace, openNamespace } from '../../../src/lab/namespace.ts'
import { type RunFolder, openRunFolder } from '../../../src/lab/run-folder.ts'
import { commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { gobgpProgram } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const withinMs = 20_000
const [ours, theirs] = ['10.9.0.1', '10.9.0.2']

let folder: RunFolder
let near: Namespace
let far: Namespace
let controller: Controller
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = openRunFolder()
  near = await openNamespace(folder)
  far = await openNamespace(folder)
  await near.ip([
    `link add near type veth peer name far netns ${far.pid}`,
    `address add ${ours}/24 dev near`,
    'link set near up',
    'link set lo up',
  ])
  await far.ip([`address add ${theirs}/24 dev far`, 'link set far up', 'link set lo up'])
  const endpoint = `unix://${join(folder.path, 'api.sock')}`
  run(near, [gobgpProgram('forky', 'gobgpd'), '--api-hosts', endpoint, '--pprof-disable'])
  const config = join(folder.path, 'bird.conf')
  await writeFile(config, birdConfig)
  run(far, ['bird', '-f', '-c', config, '-s', join(folder.path, 'bird.ctl'), '-P', join(folder.path, 'bird.pid')])
  controller = await startController()
  const start = { routerId: ours, listenPort: 179, listenAddresses: [ours] }
  const neighbor = { id: 'line', speaker: 's0', address: theirs, asn: 64496, localAddress: ours }
  await controller.apply(
    networkDocuments([{ id: 's0', endpoint, start }], [neighbor]).map((document) => {
      if (document.kind !== 'Neighbor') return document
      const session = { connectRetrySeconds: 1, localAddress: ours, bfd: { intervalMs: 100, multiplier: 3 } }
      return { ...document, spec: { ...(document.spec as object), families: ['ipv4'], session } }
    }),
  )
}, 60_000)

afterAll(async () => {
  await controller?.stop()
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await near?.close()
  await far?.close()
  folder?.remove()
})

it('comes up beside the session, and is shown', async () => {
  await eventually(withinMs, async () => expect(await line()).toMatchObject({ state: 'established', bfd: 'up' }))
  const { out } = await commandLine(controller)('show', 'neighbor', 's0')
  expect(out).toMatch(/BFD\n.*line.*established.*up/)
})

it('loses the session within a second of the link, where the hold time is 90 s, and an alarm says so', async () => {
  const cutAt = performance.now()
  await far.ip(['link set far down'])
  await eventually(withinMs, async () => {
    const { alarms } = await controller.expect<{ alarms: readonly { id: string }[] }>('GET', '/v1/alarms?state=open')
    expect(alarms.map(({ id }) => id)).toEqual(['session-down/session/s0/line'])
  })
  const tookMs = Math.round(performance.now() - cutAt)
  console.log(`link cut → session-down alarm: ${tookMs} ms, BFD 3 × 100 ms`)
  expect(tookMs).toBeLessThan(5000)
})

it('comes back with the link', async () => {
  await far.ip(['link set far up'])
  await eventually(60_000, async () => expect(await line()).toMatchObject({ state: 'established', bfd: 'up' }))
}, 70_000)

async function line(): Promise<unknown> {
  const { neighbors } = await controller.expect<{ neighbors: readonly { id: string }[] }>(
    'GET',
    '/v1/speakers/s0/neighbors?live=true',
  )
  return neighbors.find(({ id }) => id === 'line')
}

function run(space: Namespace, command: readonly string[]): void {
  const [program = '', ...args] = space.inside(command)
  const child = spawn(program, args, { stdio: 'ignore' })
  if (child.pid !== undefined) folder.record(child.pid)
  children.push(child)
}

const birdConfig = `
router id ${theirs};
protocol device { }
protocol bfd { interface "*" { interval 100 ms; multiplier 3; }; }
protocol bgp a {
  local ${theirs} as 64496;
  neighbor ${ours} as ${networkAsn};
  passive yes;
  bfd yes;
  ipv4 { import all; export none; };
}
`
