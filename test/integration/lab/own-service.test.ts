import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchLab } from '../../../src/lab/namespaces/launch.ts'
import { type OpenLab, openLab } from '../../../src/lab/namespaces/open-lab.ts'
import type { Failure } from '../../../src/lab/running-lab.ts'
import { startTraffic } from '../../../src/lab/traffic/traffic.ts'

/** A client beside a service that the topology itself runs. */
const topology = (name: string): string => `name: ${name}
mgmt: { network: herald-${name}, ipv4-subnet: 172.31.7.0/24 }
topology:
  defaults: { kind: linux, image: herald/host:latest }
  nodes:
    client1:
      exec:
        - ip address add 10.0.0.0/31 dev eth1
        - ip address add 2001:db8:0:1::/127 dev eth1
        - ip route add 203.0.113.10 via 10.0.0.1
        - ip route add 2001:db8:100::10 via 2001:db8:0:1::1
    svc-fra:
      cmd: respond fra
      exec:
        - ip address add 10.0.0.1/31 dev eth1
        - ip address add 2001:db8:0:1::1/127 dev eth1
        - ip address add 203.0.113.10/32 dev lo
        - ip address add 2001:db8:100::10/128 dev lo
  links:
    - endpoints: ['client1:eth1', 'svc-fra:eth1']
`

const service: Failure = { kind: 'process', node: 'svc-fra', process: 'respond' }

let folder: string
let lab: OpenLab
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herald-service-'))
  const file = join(folder, 'service.clab.yml')
  writeFileSync(file, topology(`service-${process.pid}`))
  lab = await openLab(await launchLab(file))
})
afterAll(async () => {
  await lab?.down()
  rmSync(folder, { recursive: true })
})

test("a topology's own service that is dead when the traffic starts is answered for by nobody, until it is healed", async () => {
  await lab.fail(service)
  const traffic = await startTraffic(lab)
  try {
    const answeredBy = (fromMs: number, toMs: number): readonly (string | undefined)[] =>
      traffic
        .report(fromMs, toMs)
        .filter(({ flow, sent }) => flow.startsWith('udp') && sent > 0)
        .map(({ catchment }) => catchment.at(-1)?.pop)
    expect(traffic.addresses).toEqual(['203.0.113.10', '2001:db8:100::10'])
    const fromMs = Date.now()
    await sleep(500)
    const toMs = Date.now()
    await traffic.settled(toMs)
    expect(answeredBy(fromMs, toMs)).toEqual([undefined, undefined])
    await lab.heal(service)
    await expect
      .poll(() => answeredBy(Date.now() - 500, Date.now()), { timeout: 15_000, interval: 50 })
      .toEqual(['fra', 'fra'])
    expect(traffic.problems).toEqual([])
  } finally {
    await traffic.stop()
  }
})
