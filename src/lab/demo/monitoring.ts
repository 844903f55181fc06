/**
 * What the demo lays on the topology's own agents and checks: the services are probed faster, a policy lets automation act
 * on what is seen, and the path learner may choose the backbone path, with little evidence.
 */
import { stringify } from 'yaml'

export const probeEveryMs = 200
export const fall = 3

/** YAML documents. The prefixes are not announced yet. */
export function monitoringManifests(services: Readonly<Record<string, string>>): string {
  const documents = Object.entries(services).flatMap(([prefix, address]) => {
    const name = address.includes(':') ? 'web-ipv6' : 'web-ipv4'
    const host = address.includes(':') ? `[${address}]` : address
    const check = {
      subject: 'service',
      probe: { kind: 'http', url: `http://${host}/`, popHeader: 'x-pop' },
      target: address,
      interval: `${probeEveryMs}ms`,
      fall,
      rise: 3,
      holdDown: '2s',
    }
    const policy = { at: [], failover: { checks: [name], return: { prepends: [], stage: '1s' } } }
    return [document('Check', name, check), document('Prefix', prefix, policy)]
  })
  return [...documents, backbone()].map((one) => stringify(one)).join('---\n')
}

/** The topology's own PathGroup; a day of an operator is not as long as a demo. */
function backbone(): object {
  const path = (name: string) => ({ neighbor: `{pop}-${name}-{family}`, check: `origin-${name}` })
  return document('PathGroup', 'origin1', {
    destinations: ['192.0.2.0/24', '2001:db8:200::/48'],
    paths: { bb1: path('bb1'), bb2: path('bb2') },
    mode: 'auto',
    learning: { threshold: 2, deadband: 5, warmUp: 5, dwell: '1m' },
  })
}

function document(kind: string, name: string, spec: object): object {
  return { apiVersion: 'herald/v1', kind, metadata: { name }, spec }
}
