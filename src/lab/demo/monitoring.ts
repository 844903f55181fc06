/**
 * What the demo adds to the topology's inventory: an agent beside each POP's service, a check of that service, and a policy
 * that lets automation act on it. Agents run on the service's own hosts.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { stringify } from 'yaml'
import type { RunningLab } from '../running-lab.ts'

export const probeEveryMs = 200
export const fall = 3

/** YAML documents. The prefixes are not announced yet. */
export function monitoringManifests(pops: readonly string[], services: Readonly<Record<string, string>>): string {
  const documents: object[] = pops.map((pop) => document('Agent', `${pop}-agent`, { pop }))
  for (const [prefix, address] of Object.entries(services)) {
    const name = address.includes(':') ? 'web-ipv6' : 'web-ipv4'
    const host = address.includes(':') ? `[${address}]` : address
    documents.push(
      document('Check', name, {
        subject: 'service',
        probe: { kind: 'http', url: `http://${host}/` },
        target: address,
        interval: `${probeEveryMs}ms`,
        fall,
        rise: 3,
        holdDown: '2s',
      }),
      document('Prefix', prefix, { at: [], failover: { checks: [name], return: { prepends: [], stage: '1s' } } }),
    )
  }
  return documents.map((one) => stringify(one)).join('---\n')
}

function document(kind: string, name: string, spec: object): object {
  return { apiVersion: 'herald/v1', kind, metadata: { name }, spec }
}

export interface Agents {
  stop(): Promise<void>
}

export function startAgents(lab: RunningLab, pops: readonly string[]): Agents {
  const children = pops.map((pop): ChildProcess => {
    const words = [
      '--url',
      'http://controller:7179',
      '--token',
      'lab',
      'agent',
      '--name',
      `${pop}-agent`,
      '--log-level',
      'error',
    ]
    const child = lab.spawn(`svc-${pop}`, ['herald', ...words])
    child.stdout?.resume()
    child.stderr?.resume()
    return child
  })
  return {
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return
          child.kill('SIGTERM')
          await once(child, 'exit')
        }),
      )
    },
  }
}
