/** Routes as text: `*>` marks the best path; beneath, what each neighbor is sent. */
import type { AttributesView } from '../api/wire/plan.ts'
import type { RouteView } from '../api/wire/speaker.ts'
import { formatAge } from './duration.ts'
import { renderTable } from './table.ts'

export function routesText(routes: readonly RouteView[]): string {
  if (routes.length === 0) return 'No routes.'
  const live = routes.some(({ rib, problem }) => rib !== undefined || problem !== undefined)
  return live ? routes.map(liveText).join('\n\n') : knownText(routes)
}

/** As last read, one line each. */
function knownText(routes: readonly RouteView[]): string {
  const rows = routes.map(({ prefix, speaker, target, observed, intent }) => {
    const shown = observed?.attributes
    return [
      observed === undefined ? '' : '*>',
      prefix,
      shown?.nextHop ?? '',
      shown === undefined ? '' : pathText(shown),
      speaker,
      observed?.owner ?? '',
      target === undefined ? 'none' : `${target.kind}${target.applied ? '' : ' (on its way)'}`,
      intent === undefined ? 'no' : 'yes',
    ]
  })
  return renderTable(['', 'Network', 'Next Hop', 'AS_PATH', 'Speaker', 'Owner', 'Decided', 'Wanted'], rows)
}

function liveText({
  prefix,
  speaker,
  pop,
  rib = [],
  adjOut = [],
  target,
  intent,
  problem,
  refused,
  unproved,
}: RouteView): string {
  const decided = target === undefined ? 'not decided' : `${target.kind} (revision ${target.revision})`
  const lines = [`${speaker} at ${pop}: ${intent === undefined ? 'not wanted' : 'wanted'}, ${decided}`]
  if (problem !== undefined) return [...lines, `   unknown: ${problem}`].join('\n')
  if (refused !== undefined) lines.push(`   refused by the speaker: ${refused}`)
  if (unproved !== undefined) lines.push(`   adj-out disagrees: ${unproved}`)
  const rows = rib.map(({ best, attributes, ageSeconds, learnedFrom }) => [
    best ? '*>' : '* ',
    prefix,
    attributes.nextHop,
    pathText(attributes),
    formatAge(ageSeconds),
    `${attributesList(attributes)}${learnedFrom === undefined ? '' : ` from ${learnedFrom}`}`,
  ])
  lines.push(
    rows.length === 0
      ? '   Network not in table'
      : renderTable(['  ', 'Network', 'Next Hop', 'AS_PATH', 'Age', 'Attrs'], rows),
  )
  for (const { neighbor, address, attributes, problem: unread } of adjOut)
    lines.push(
      `   to ${neighbor} (${address}): ${unread ?? (attributes === undefined ? 'not sent' : sentText(attributes))}`,
    )
  return lines.join('\n')
}

function sentText(attributes: AttributesView): string {
  return `next hop ${attributes.nextHop}, path ${pathText(attributes)} ${attributesList(attributes)}`
}

function pathText({ asPath }: AttributesView): string {
  return asPath.join(' ')
}

/** As gobgp prints them: `[{Origin: i} {Med: 50}]`. */
function attributesList({ origin, med, localPref, communities, largeCommunities }: AttributesView): string {
  const letter = { igp: 'i', egp: 'e', incomplete: '?' }[origin]
  const parts = [`{Origin: ${letter}}`]
  if (med !== undefined) parts.push(`{Med: ${med}}`)
  if (localPref !== undefined) parts.push(`{LocalPref: ${localPref}}`)
  if (communities.length > 0) parts.push(`{Communities: ${communities.join(', ')}}`)
  if (largeCommunities.length > 0) parts.push(`{LargeCommunity: [ ${largeCommunities.join(', ')}]}`)
  return `[${parts.join(' ')}]`
}
