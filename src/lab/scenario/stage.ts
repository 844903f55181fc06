/** What a scenario is played on: a lab that is up, traffic through it, and its routers watched. */
import { type NodeAddresses, readNodeAddresses } from '../node-addresses.ts'
import type { RunningLab } from '../running-lab.ts'
import { type RouteWatch, watchRoutes } from '../traffic/route-watch.ts'
import { type Traffic, startTraffic } from '../traffic/traffic.ts'

export interface Stage {
  readonly lab: RunningLab
  readonly traffic: Traffic
  readonly routes: RouteWatch
  readonly addresses: NodeAddresses
  close(): Promise<void>
}

export async function openStage(lab: RunningLab): Promise<Stage> {
  const addresses = await readNodeAddresses(lab)
  const routes = watchRoutes(lab, addresses)
  const traffic = await startTraffic(lab)
  return {
    lab,
    traffic,
    routes,
    addresses,
    async close() {
      await Promise.all([routes.stop(), traffic.stop()])
    },
  }
}
