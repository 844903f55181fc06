/** Speakers: each stands at a known POP, and no daemon is two speakers. */
import type { Finding } from '../document.ts'
import type { Intent, SpeakerId } from '../model.ts'
import { inOrder } from '../select.ts'
import { Report } from './report.ts'

export function checkSpeakers({ speakers, pops }: Intent): readonly Finding[] {
  const byEndpoint = new Map<string, SpeakerId>()
  const byRouterId = new Map<string, SpeakerId>()
  return inOrder(speakers).flatMap(({ id, pop, endpoint, start }) => {
    const report = new Report('Speaker', id)
    report.reference('Pop', pop, pops, '/spec/pop')
    const twin = byEndpoint.get(endpoint)
    if (twin === undefined) byEndpoint.set(endpoint, id)
    else
      report.error(
        'duplicate-endpoint',
        '/spec/endpoint',
        `${endpoint} is Speaker/${twin} already; two speakers on one daemon would undo each other's work`,
      )
    if (start === undefined) return report.findings
    const namesake = byRouterId.get(start.routerId)
    if (namesake === undefined) byRouterId.set(start.routerId, id)
    else
      report.error(
        'duplicate-router-id',
        '/spec/start/routerId',
        `${start.routerId} is the router id of Speaker/${namesake} already; within an AS each has its own (RFC 6286)`,
      )
    return report.findings
  })
}
