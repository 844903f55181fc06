/** Vantage routers and a controller that listens to them, for tests of what is wrong with how we are seen. */
import type { Asn } from '../../src/bgp/asn.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type Alarms, followConditions } from '../../src/health/alarm.ts'
import { VisibilityBook } from '../../src/health/visibility-alarm.ts'
import type { CollectorView, SeenPrefix } from '../../src/health/visibility.ts'
import type { Intent, SpeakerId } from '../../src/intent/model.ts'
import type { CollectorId } from '../../src/intent/monitoring.ts'
import { announce, asn, intent, serviceV4 } from './builders.ts'

export const stranger = 64666
export const withinMs = 10_000

export const at = (path: readonly number[], parts: Partial<SeenPrefix> = {}): SeenPrefix => ({
  paths: [{ origin: (path.at(-1) ?? 64512) as Asn, asPath: path as Asn[], communities: [], best: true }],
  sinceMs: 0,
  changedAtMs: 0,
  ...parts,
})
export const gone: SeenPrefix = { paths: [], sinceMs: 0, changedAtMs: 0 }

export function collector(
  id: string,
  seen: Readonly<Record<string, SeenPrefix>>,
  parts: Partial<CollectorView> = {},
): CollectorView {
  return {
    id: id as CollectorId,
    seenWithinMs: withinMs,
    reach: 'up',
    established: 1,
    seen: new Map(Object.entries(seen) as [Prefix, SeenPrefix][]),
    ...parts,
  }
}

export const announced = intent({ pops: ['fra', 'ams'], prefixes: [announce(serviceV4)] })
export const ours = at([64497, asn])

/** A controller that looks once a second: what fires, as `kind subject`. */
export class Lookout {
  book = new VisibilityBook()
  alarms: Alarms = new Map()
  nowMs = 1_000_000
  proved: readonly string[] = [serviceV4]
  held: readonly string[] = [serviceV4]
  deleted: readonly string[] = []
  unread: readonly string[] = []
  hasUnnamedSessions = false
  intent: Intent = announced

  look(...collectors: readonly CollectorView[]): readonly string[] {
    const conditions = this.book.conditions({
      intent: this.intent,
      deleted: new Set(this.deleted as Prefix[]),
      standing: {
        isProved: (prefix) => this.proved.includes(prefix),
        isGone: (prefix) => !this.held.includes(prefix),
        isAnnounced: (prefix) => this.held.includes(prefix),
        unread: () => this.unread as SpeakerId[],
      },
      hasUnnamedSessions: this.hasUnnamedSessions,
      collectors,
      alarms: this.alarms,
      nowMs: this.nowMs,
    })
    this.alarms = followConditions(this.alarms, conditions, this.nowMs).alarms
    return [...this.alarms.values()].filter(({ state }) => state === 'firing').map(({ id }) => id)
  }

  during(seconds: number, ...collectors: readonly CollectorView[]): readonly string[] {
    let open = this.look(...collectors)
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1000
      open = this.look(...collectors)
    }
    return open
  }

  message(id: string): string {
    return [...this.alarms.values()].find((alarm) => alarm.id === id)?.message ?? ''
  }
}
