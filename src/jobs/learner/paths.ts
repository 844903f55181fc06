/** Places of paths: at each POP of a PathGroup, those of its paths whose neighbor offers a destination now. */
import type { Address } from '../../bgp/address.ts'
import type { Family } from '../../bgp/family.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import { subjectKey } from '../../health/subject.ts'
import { OverlayTime } from '../../intent/compile/overlay-time.ts'
import { neighborOfPath } from '../../intent/compile/steering.ts'
import { prefer } from '../../intent/edit.ts'
import type { Intent, Neighbor, PopId, Speaker } from '../../intent/model.ts'
import { inOrder, selectPops, speakersAt } from '../../intent/select.ts'
import type { PathGroup } from '../../intent/steering.ts'
import { pinnedSettings } from '../../learning/pinned.ts'
import type { OfferView } from '../planner.ts'
import { type Loads, capacityOfLines, demandOf } from './loads.ts'
import type { Spot, SpotArm, SpotEdit } from './spot.ts'

/** Every (group, POP) that is measured and has at least one path. */
export function pathSpots({ intent, offers }: Pick<OfferView, 'intent' | 'offers'>, loads: Loads): readonly Spot[] {
  const spots: Spot[] = []
  const time = new OverlayTime(intent.freezes.values(), loads.nowMs)
  // What a person preferred for a while is nobody's word any more.
  const inForce = [...intent.preferences.values()].filter((one) => time.inForce(one))
  const preferences = new Map(inForce.map((one) => [`${one.group} ${one.pop}`, one]))
  for (const group of inOrder(intent.pathGroups)) {
    if (group.mode === 'off') continue
    const pinned = pinnedSettings(group.learning)
    const canaries = [...selectPops(intent, group.canary)]
    for (const pop of selectPops(intent, group.at, group.except)) {
      const arms = offeredPaths(intent, group, pop, offers, loads)
      const [best] = arms
      if (best === undefined) continue
      const preference = preferences.get(`${group.id} ${pop}`)
      const bgpChoice = best.candidate.path
      const demandBps = demandOf(group.id, pop, loads)
      spots.push({
        subject: { pop, destination: group.id },
        mode: group.mode,
        canaries,
        arms: arms.toSorted((a, b) => (a.candidate.path < b.candidate.path ? -1 : 1)),
        bgpChoice,
        inUse: preference?.path ?? bgpChoice,
        preference,
        ...(pinned !== undefined && { pinned }),
        ...(demandBps !== undefined && { demandBps }),
        edit: editOf(group, pop),
      })
    }
  }
  return spots
}

/** The best one first, where BGP chose among them; while a steering route stands, any that is offered. */
function offeredPaths(
  intent: Intent,
  group: PathGroup,
  pop: PopId,
  offers: OfferView['offers'],
  loads: Loads,
): readonly SpotArm[] {
  const lines = new Map<string, Set<Neighbor>>()
  for (const speaker of speakersAt(intent, [pop]))
    for (const destination of group.destinations) {
      const byAddress = pathsByAddress(intent, group, speaker, prefixFamily(destination))
      for (const { neighbor: address } of offers(speaker.id, destination))
        for (const { name, neighbor } of byAddress.get(address) ?? [])
          lines.set(name, (lines.get(name) ?? new Set()).add(neighbor))
    }
  return [...lines].map(([name, offering]) => armOf(group, pop, name, [...offering], loads))
}

interface NamedPath {
  readonly name: string
  readonly neighbor: Neighbor
}

type ByAddress = ReadonlyMap<Address, readonly NamedPath[]>

const known = new WeakMap<Intent, Map<string, ByAddress>>()

/** Which paths of a group a neighbor's address stands for at a speaker; worked out once per intent. */
function pathsByAddress(intent: Intent, group: PathGroup, speaker: Speaker, family: Family): ByAddress {
  let ofIntent = known.get(intent)
  if (ofIntent === undefined) known.set(intent, (ofIntent = new Map()))
  const key = `${group.id} ${speaker.id} ${family}`
  let byAddress = ofIntent.get(key)
  if (byAddress === undefined) {
    const named = [...group.paths].flatMap(([name, path]): readonly NamedPath[] => {
      const neighbor = neighborOfPath(intent, path, speaker, family)
      return neighbor === undefined ? [] : [{ name, neighbor }]
    })
    byAddress = Map.groupBy(named, ({ neighbor }) => neighbor.address)
    ofIntent.set(key, byAddress)
  }
  return byAddress
}

function armOf({ paths }: PathGroup, pop: PopId, path: string, lines: readonly Neighbor[], loads: Loads): SpotArm {
  const check = paths.get(path)?.check
  const capacity = capacityOfLines(lines, loads)
  return {
    candidate: { path, kind: lines[0]!.kind, ...(capacity !== undefined && { capacity }) },
    measure: check && subjectKey({ kind: 'path', pop, path: check }),
  }
}

function editOf({ id: group }: PathGroup, pop: PopId): SpotEdit {
  return {
    make(documents, path, startedAtMs, reason) {
      const chosen = path === undefined ? {} : { path }
      return prefer(documents, { group, pop, ...chosen, by: 'learner', startedAtMs, reason })
    },
    command: (path) => `prefer ${group} --at ${pop} ${path === undefined ? '--none' : `--path ${path}`}`,
  }
}
