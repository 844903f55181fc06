/** Overlays: they lie on things that exist. */
import { prefixFamily } from '../../bgp/prefix.ts'
import type { Finding } from '../document.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { Drain, Intent, Override } from '../model.ts'
import { placesOf } from '../places.ts'
import { selectPops } from '../select.ts'
import { checkAttributes } from './attributes.ts'
import { Report } from './report.ts'

export function checkOverlays(intent: Intent): readonly Finding[] {
  return [
    ...[...intent.drains.values()].flatMap((drain) => checkDrain(intent, drain)),
    ...[...intent.overrides.values()].flatMap((override) => checkOverride(intent, override)),
  ]
}

function checkDrain(intent: Intent, { id, target }: Drain): readonly Finding[] {
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
  return report.findings
}

function checkOverride(intent: Intent, { id, prefix, at, neighbor, attributes }: Override): readonly Finding[] {
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
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined || at === undefined) return report.findings
  const reached = selectPops(intent, announcement.at, announcement.except)
  if (selectPops(intent, at).isDisjointFrom(reached))
    report.warning('not-announced-there', '/spec/at', `has no effect: ${prefix} is not announced at ${at.join(', ')}`)
  return report.findings
}
