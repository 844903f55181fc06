/** Network, areas, regions, POPs: one Network, one namespace, every name known. */
import { type Finding, type Kind, documentKey } from '../document.ts'
import type { Intent } from '../model.ts'
import { everywhere } from '../places.ts'
import { Report } from './report.ts'

export function checkPlaces(intent: Intent): readonly Finding[] {
  const findings = [...checkNetwork(intent), ...checkNamespace(intent)]
  for (const { id, area } of intent.regions.values()) {
    const report = new Report('Region', id)
    report.reference('Area', area, intent.areas, '/spec/area')
    findings.push(...report.findings)
  }
  for (const { id, region } of intent.pops.values()) {
    const report = new Report('Pop', id)
    report.reference('Region', region, intent.regions, '/spec/region')
    findings.push(...report.findings)
  }
  return findings
}

function checkNetwork({ network, ...rest }: Intent): readonly Finding[] {
  const report = new Report('Network', 'network')
  const others = Object.values(rest).filter((value) => value instanceof Map)
  if (network === undefined && others.some(({ size }) => size > 0))
    report.error(
      'no-network',
      '',
      'there is no Network document; write one with our AS number: kind Network, metadata.name network, spec.asn',
    )
  return report.findings
}

/** A selector must mean one thing. */
function checkNamespace({ areas, regions, pops }: Intent): readonly Finding[] {
  const findings: Finding[] = []
  const owners = new Map<string, Kind>()
  for (const [kind, names] of [
    ['Area', areas.keys()],
    ['Region', regions.keys()],
    ['Pop', pops.keys()],
  ] as const)
    for (const name of names) {
      const report = new Report(kind, name)
      const owner = owners.get(name)
      if (name === String(everywhere))
        report.error('reserved-name', '/metadata/name', '"all" selects every POP; give this place another name')
      else if (owner === undefined) owners.set(name, kind)
      else
        report.error(
          'ambiguous-name',
          '/metadata/name',
          `${documentKey({ kind: owner, name })} has this name already; areas, regions and POPs share one namespace, since a selector may name any of them`,
        )
      findings.push(...report.findings)
    }
  return findings
}
