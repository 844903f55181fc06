/** Neighbors: known speaker, one document per session, marks that cannot be mistaken, next hops that work. */
import { type Asn, isPrivateAsn } from '../../bgp/asn.ts'
import { addressFamily } from '../../bgp/address.ts'
import { neighborNumber } from '../../bgp/mark.ts'
import { isExternal } from '../../bgp/neighbor.ts'
import type { Finding } from '../document.ts'
import type { Intent, Neighbor, NeighborSession } from '../model.ts'
import { mask } from '../redact.ts'
import { inOrder, neighborsOf } from '../select.ts'
import { checkAttributes } from './attributes.ts'
import { Report } from './report.ts'

export function checkNeighbors(intent: Intent): readonly Finding[] {
  const labLike = intent.network !== undefined && isPrivateAsn(intent.network.asn)
  const external = inOrder(intent.neighbors).find(({ kind }) => isExternal(kind))
  return [...intent.neighbors.values()].flatMap((neighbor) => {
    const report = new Report('Neighbor', neighbor.id)
    report.reference('Speaker', neighbor.speaker, intent.speakers, '/spec/speaker')
    checkTwins(report, neighbor, neighborsOf(intent, neighbor.speaker))
    if (intent.network !== undefined) checkAsn(report, neighbor, intent.network.asn)
    if (labLike && neighbor === external)
      report.warning(
        'own-private-asn',
        '/spec/kind',
        `our AS ${intent.network?.asn} is for private use (RFC 6996), and ${neighbor.id} is an external neighbor: fine in a lab, dropped on the Internet`,
      )
    checkSession(report, neighbor)
    checkAttributes(report, neighbor.attributes, '/spec/attributes', {
      network: intent.network,
      families: neighbor.families,
    })
    return report.findings
  })
}

/** Told at the later of the two in name order, so that each is told once. */
function checkTwins(report: Report, { id, address, speaker }: Neighbor, siblings: readonly Neighbor[]): void {
  const earlier = siblings.filter((sibling) => sibling.id < id)
  const same = earlier.find((sibling) => sibling.address === address)
  if (same !== undefined)
    report.error(
      'duplicate-neighbor',
      '/spec/address',
      `${address} is Neighbor/${same.id} of ${speaker} already; one session, one document`,
    )
  const collided = earlier.find((sibling) => neighborNumber(sibling) === neighborNumber({ id, address }))
  if (collided !== undefined)
    report.error(
      'mark-collision',
      '/metadata/name',
      `by chance ${id} and Neighbor/${collided.id} get the same number in Herald's marks, and what is meant for one would reach the other; rename one of them`,
    )
}

function checkAsn(report: Report, { id, asn, kind }: Neighbor, ours: Asn): void {
  if (kind === 'internal' && asn !== ours)
    report.error(
      'internal-asn',
      '/spec/asn',
      `an internal neighbor has our own AS ${ours}, not ${asn}; is ${id} of another kind?`,
    )
  if (isExternal(kind) && asn === ours)
    report.error('external-asn', '/spec/asn', `AS ${asn} is our own; a neighbor in it is of kind internal, not ${kind}`)
  if (isExternal(kind) && asn !== ours && isPrivateAsn(asn) && !isPrivateAsn(ours))
    report.warning(
      'private-asn',
      '/spec/asn',
      `AS ${asn} is for private use (RFC 6996), and ${kind} neighbors are on the Internet; is the number right?`,
    )
}

function checkSession(report: Report, { kind, managed, address, session }: Neighbor): void {
  if (session.password === mask)
    report.error(
      'masked-password',
      '/spec/session/password',
      'this is the mask that stands for a password that is not shown; write the password itself',
    )
  if (!managed && isSpoken(session))
    report.warning(
      'unmanaged-session',
      '/spec/session',
      "has no effect: gobgpd's own file has this neighbor; set managed: true to have Herald add it",
    )
  if (session.ebgpMultihop !== undefined && !isExternal(kind))
    report.error('internal-multihop', '/spec/session/ebgpMultihop', 'is for external neighbors; leave it out')
  if (session.bfd !== undefined && session.ebgpMultihop !== undefined)
    report.warning(
      'bfd-multihop',
      '/spec/session/bfd',
      'BFD here is for neighbors on the link (RFC 5881): packets that crossed a router are dropped, and the session with them',
    )
  if (session.localAddress !== undefined && addressFamily(session.localAddress) !== addressFamily(address))
    report.error(
      'wrong-family',
      '/spec/session/localAddress',
      `${session.localAddress} cannot reach ${address}: write an address of the same family`,
    )
}

const silent: NeighborSession = {
  passive: false,
  holdTimeSeconds: 90,
  keepaliveSeconds: 30,
  connectRetrySeconds: 10,
  gracefulRestartSeconds: 120,
}

function isSpoken(session: NeighborSession): boolean {
  const plain: Readonly<Record<string, unknown>> = { ...silent }
  return Object.entries(session).some(([name, value]) => value !== plain[name])
}
