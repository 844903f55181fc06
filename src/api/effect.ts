/**
 * Warnings about effects, as an answer shows them: what a plan knows from documents alone, and who would hear it, which
 * only the sessions tell. A change is answered with the warnings that it brings, not with those that stood before.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { type DocumentChange, documentKey } from '../intent/document.ts'
import type { Intent } from '../intent/model.ts'
import type { Spec } from '../intent/schema.ts'
import type { Warning } from '../plan/action.ts'
import { type Established, unheardAt } from '../plan/audience.ts'
import { reopening } from '../plan/shut-sessions.ts'
import { warningsOf } from '../plan/warn.ts'
import type { FleetSnapshot } from './snapshot.ts'

/** More than anybody reads; the rest is not looked for. */
const atMost = 2000

type Hearing = Pick<FleetSnapshot, 'established' | 'shutSessions'>

/** Who is established, and who will be once a drain that had shut the session is over. */
export function hearers(intent: Intent, { nowMs }: Moment, fleet: Hearing): Established {
  return (speaker) => {
    const awaited = reopening(intent, speaker, fleet.shutSessions(speaker), nowMs)
    return fleet.established(speaker)?.union(new Set(awaited.map(({ address }) => address)))
  }
}

/** All warnings about these prefixes as intent is. */
export function standingWarnings(
  intent: Intent,
  prefixes: Iterable<Prefix>,
  moment: Moment,
  fleet: Hearing,
): readonly Warning[] {
  const warnings: Warning[] = []
  for (const prefix of prefixes) {
    warnings.push(...warningsAbout(intent, prefix, moment, fleet))
    if (warnings.length >= atMost) break
  }
  return warnings
}

/** Those that are new with the change, and all about prefixes that it speaks of. */
export function newWarnings(
  {
    before,
    after,
    changes,
  }: { readonly before: Intent; readonly after: Intent; readonly changes: readonly DocumentChange[] },
  prefixes: Iterable<Prefix>,
  moment: Moment,
  fleet: Hearing,
): readonly Warning[] {
  const spoken = new Set(changes.flatMap(({ key, before, after }) => [key, aboutPrefix(before), aboutPrefix(after)]))
  const warnings: Warning[] = changes.flatMap((change) => failoverTaken(after, change))
  for (const prefix of prefixes) {
    const now = warningsAbout(after, prefix, moment, fleet)
    const stood = spoken.has(documentKey({ kind: 'Prefix', name: prefix }))
      ? []
      : warningsAbout(before, prefix, moment, fleet).map(({ message }) => message)
    warnings.push(...now.filter(({ message }) => !stood.includes(message)))
    if (warnings.length >= atMost) break
  }
  return warnings
}

function warningsAbout(intent: Intent, prefix: Prefix, moment: Moment, fleet: Hearing): readonly Warning[] {
  const desired = compilePrefix(intent, prefix, moment)
  if (desired === undefined) return []
  return [...warningsOf(intent, desired), ...unheardAt(intent, desired, hearers(intent, moment, fleet))]
}

/** A Failover that a person takes away is laid on again by the next probe, as long as the place is sick. */
function failoverTaken({ prefixes }: Intent, { key, before, after }: DocumentChange): readonly Warning[] {
  if (!key.startsWith('Failover/') || before === undefined || after !== undefined) return []
  const { prefix, pop, action, alarm } = before as Spec<'Failover'>
  if (pop === undefined || action === 'activate' || prefixes.get(prefix)?.failover === undefined) return []
  const override = `herald override ${prefix} --at ${pop} --announce --for 2h`
  const message = `While ${alarm} fires, automation says ${action} of ${prefix} at ${pop} again, at once. To have the last word: ${override}.`
  return [{ code: 'failover-again', prefix, message }]
}

/** The prefix that an Override is about. */
function aboutPrefix(spec: unknown): string | undefined {
  const { prefix } = (spec ?? {}) as { readonly prefix?: unknown }
  return typeof prefix === 'string' ? documentKey({ kind: 'Prefix', name: prefix }) : undefined
}
