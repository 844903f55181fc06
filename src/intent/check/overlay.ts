/** Overlays: they lie on things that exist. */
import { prefixFamily } from '../../bgp/prefix.ts'
import { OverlayTime } from '../compile/overlay-time.ts'
import type { Finding } from '../document.ts'
import { sameSpec } from '../edit/edit.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { Drain, Freeze, Intent, Override } from '../model.ts'
import { trafficPlaceName, trafficPlaces } from '../drain-places.ts'
import { listed } from '../nearest.ts'
import { placesOf } from '../places.ts'
import { selectPops } from '../select.ts'
import { checkAttributes } from './attributes.ts'
import { Report } from './report.ts'

export function checkOverlays(intent: Intent): readonly Finding[] {
  return [
    ...[...intent.drains.values()].flatMap((drain) => checkDrain(intent, drain)),
    ...[...intent.overrides.values()].flatMap((override) => checkOverride(intent, override)),
    ...[...intent.freezes.values()].flatMap(checkFreeze),
  ]
}

/** What a person laid over the intent and forgot is in force for ever; it is said once, when it is written. */
export function checkEnd(report: Report, { expiresAtMs }: { readonly expiresAtMs?: number }, lift: string): void {
  if (expiresAtMs !== undefined || report.findings.some(({ severity }) => severity === 'error')) return
  report.warning(
    'no-end',
    '/spec',
    `has no end, and is in force until somebody lifts it (${lift}); --for, or expiresAtMs, gives it one`,
  )
}

function checkFreeze(freeze: Freeze): readonly Finding[] {
  const report = new Report('Freeze', freeze.id)
  checkEnd(report, freeze, 'herald unfreeze')
  return report.findings
}

function checkDrain(intent: Intent, drain: Drain): readonly Finding[] {
  const { id, target } = drain
  const report = new Report('Drain', id)
  const places = placesOf(intent)
  switch (target.kind) {
    case 'site':
      if (!places.has(target.at)) report.error('unknown-reference', '/spec/target/at', unknownPlace(places, target.at))
      break
    case 'speaker':
      report.reference('Speaker', target.speaker, intent.speakers, '/spec/target/speaker')
      break
    case 'neighbor':
      report.reference('Neighbor', target.neighbor, intent.neighbors, '/spec/target/neighbor')
      break
  }
  if (report.findings.length === 0) checkIdleBound(report, intent, drain)
  checkAnotherDrain(report, intent, drain)
  checkEnd(report, drain, `herald undrain ${id}`)
  return report.findings
}

/** Two drains of one place are two people's, and it is back when both have ended: the second is told of the first. */
function checkAnotherDrain(report: Report, intent: Intent, { id, target, startedAtMs }: Drain): void {
  const then = new OverlayTime([], startedAtMs)
  const other = [...intent.drains.values()].find(
    (one) => one.id !== id && sameSpec(one.target, target) && then.inForce(one),
  )
  if (other === undefined) return
  const until = other.expiresAtMs === undefined ? 'somebody lifts it' : new Date(other.expiresAtMs).toISOString()
  const words = `is drained by Drain/${other.id} as well, until ${until}; it is back when both have ended`
  report.warning('drained-twice', '/spec/target', words)
}

/** A bound in another unit than the figures are in would be met, or missed, by chance. */
function checkIdleBound(report: Report, intent: Intent, drain: Drain): void {
  if (drain.untilIdle === undefined) return
  const { below, from } = drain.untilIdle
  const places = trafficPlaces(intent, drain)
  if (below.kind === 'amount') {
    const other = places.find(({ unit }) => unit !== undefined && unit !== below.unit)
    if (other === undefined) return
    const name = trafficPlaceName(other)
    report.error(
      'idle-unit',
      '/spec/untilIdle/below',
      `is in ${below.unit}, and traffic of ${name} is in ${other.unit}`,
    )
    return
  }
  const names = places.map(trafficPlaceName).filter((name) => !from.has(name))
  if (names.length === 0 && places.length > 0) return
  const unknown = names.length === 0 ? 'nothing there has traffic' : `what ${listed(names)} had is not known`
  report.warning(
    'idle-unknown',
    '/spec/untilIdle/from',
    `${unknown}, so that there is no share of it to fall below: it goes after atMostSeconds, and not before`,
  )
}

function checkOverride(intent: Intent, override: Override): readonly Finding[] {
  const { id, prefix, at, neighbor, attributes } = override
  const report = new Report('Override', id)
  const places = placesOf(intent)
  report.reference('Prefix', prefix, intent.prefixes, '/spec/prefix')
  for (const [i, selector] of (at ?? []).entries())
    if (!places.has(selector)) report.error('unknown-reference', `/spec/at/${i}`, unknownPlace(places, selector))
  if (neighbor !== undefined) report.reference('Neighbor', neighbor, intent.neighbors, '/spec/neighbor')
  checkAttributes(report, attributes, '/spec/attributes', {
    network: intent.network,
    families: [prefixFamily(prefix)],
  })
  checkEnd(report, override, `herald clear ${id}`)
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined || at === undefined) return report.findings
  const reached = selectPops(intent, announcement.at, announcement.except)
  if (selectPops(intent, at).isDisjointFrom(reached))
    report.warning('not-announced-there', '/spec/at', `has no effect: ${prefix} is not announced at ${at.join(', ')}`)
  return report.findings
}
