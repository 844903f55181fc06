/**
 * What automation wants laid on top, turned into changes of Failover documents. The whole wish is given every time; what
 * is there already stays as it is, so that a look that decides nothing new writes nothing.
 */
import { markNumber } from '../../bgp/mark.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import { buildIntent } from '../build.ts'
import { type DocumentChange, documentKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import type { Failover, FailoverPlace } from '../monitoring.ts'
import type { Spec } from '../schema.ts'
import { type Edit, edited, namesOf, refusedEdit, replaceDocument } from './edit.ts'

/** One measure that automation wants. */
export interface FailoverOverlay extends Pick<
  Failover,
  'prefix' | 'place' | 'action' | 'subject' | 'alarm' | 'reason'
> {
  /** Action `prepend` only. Default 3. */
  readonly prepend?: 1 | 2 | 3
  /** Action `drain` only. Default: the Network's `drainSeconds`. */
  readonly graceSeconds?: number
}

/**
 * Makes the Failover documents what is wished. One that stands keeps its start; another reason alone is no change,
 * because measured figures in it differ from look to look.
 */
export function failoverEdit(documents: Documents, wished: readonly FailoverOverlay[], nowMs: number): Edit {
  const changes: DocumentChange[] = []
  const names = new Set<string>()
  const { network, failovers } = buildIntent(documents, 0).intent
  const drainSeconds = network?.drainSeconds ?? 2
  for (const overlay of wished) {
    const name = failoverName(overlay)
    if (names.has(name)) return refusedEdit(`assertion: ${name} is wished twice`)
    names.add(name)
    const before = failovers.get(name)
    if (before !== undefined && isSame(before, overlay, drainSeconds)) continue
    const after = specOfOverlay(overlay, before?.startedAtMs ?? nowMs, drainSeconds)
    const edit = replaceDocument(documents, { kind: 'Failover', name, spec: after })
    if (!edit.ok) return edit
    changes.push(...edit.changes)
  }
  for (const name of namesOf(documents, 'Failover')) {
    const key = documentKey({ kind: 'Failover', name })
    if (!names.has(name)) changes.push({ key, before: documents.get(key), after: undefined })
  }
  return edited(changes)
}

/**
 * `withdraw-fra-203-0-113-0-24`: a name of its own for each measure, prefix and place. A POP and a neighbor may have the
 * same name, and both be prepended.
 */
export function failoverName({
  prefix,
  place,
  action,
}: {
  readonly prefix: Prefix
  readonly place: FailoverPlace
  readonly action: Failover['action']
}): string {
  const where = place.kind === 'pop' ? place.pop : place.neighbor
  const name = `${action}-${where}-${prefix.replaceAll(/[^0-9a-f]/g, '-')}`
  const isPlain = place.kind === 'pop' || action !== 'prepend'
  if (isPlain && name.length <= longestName) return name
  const hash = markNumber(`${place.kind} ${where} ${prefix}`).toString(16).padStart(8, '0')
  return `${name.slice(0, longestName - 9).replace(/-+$/, '')}-${hash}`
}

const longestName = 63

function specOfOverlay(overlay: FailoverOverlay, startedAtMs: number, drainSeconds: number): Spec<'Failover'> {
  const { prefix, place, action, prepend, graceSeconds, subject, alarm, reason } = overlay
  return {
    prefix,
    ...(place.kind === 'pop' ? { pop: place.pop } : { neighbor: place.neighbor }),
    action,
    ...(action === 'prepend' && { prepend: prepend ?? 3 }),
    ...(action === 'drain' && { graceSeconds: graceSeconds ?? drainSeconds }),
    startedAtMs,
    subject,
    alarm,
    reason,
  }
}

function isSame(before: Failover, overlay: FailoverOverlay, drainSeconds: number): boolean {
  return (
    before.prefix === overlay.prefix &&
    samePlace(before.place, overlay.place) &&
    before.action === overlay.action &&
    (overlay.action !== 'prepend' || before.prepend === (overlay.prepend ?? 3)) &&
    (overlay.action !== 'drain' || before.graceSeconds === (overlay.graceSeconds ?? drainSeconds)) &&
    before.subject === overlay.subject &&
    before.alarm === overlay.alarm
  )
}

function samePlace(a: FailoverPlace, b: FailoverPlace): boolean {
  if (a.kind === 'pop') return b.kind === 'pop' && a.pop === b.pop
  return b.kind === 'neighbor' && a.neighbor === b.neighbor
}
