/** Collectors: routers of others. One that is a speaker of ours would only repeat what we told it. */
import type { Finding } from '../document.ts'
import type { Intent } from '../model.ts'
import { inOrder } from '../select.ts'
import { Report } from './report.ts'

export function checkCollectors({ collectors, speakers, regions }: Intent): readonly Finding[] {
  const known = new Map([...speakers.values()].map(({ id, endpoint }) => [endpoint, `Speaker/${id}`]))
  return inOrder(collectors).flatMap(({ id, endpoint, region }) => {
    const report = new Report('Collector', id)
    if (region !== undefined) report.reference('Region', region, regions, '/spec/region')
    const twin = known.get(endpoint)
    if (twin === undefined) known.set(endpoint, `Collector/${id}`)
    else
      report.error(
        'duplicate-endpoint',
        '/spec/endpoint',
        twin.startsWith('Speaker/')
          ? `${endpoint} is ${twin}: it holds what Herald told it, and proves nothing; name a router that hears us from others`
          : `${endpoint} is ${twin} already; two collectors on one daemon see the same twice`,
      )
    return report.findings
  })
}
