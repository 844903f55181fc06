/** The POPs of a scenario: one speaker each, one line to an ISP, and internal neighbors by name where it has any. */
import { asn, neighbor, pop } from './builders.ts'

/** Of internal neighbors, by name. */
export const coreAddresses = { core: '10.0.0.1', bb1: '10.0.1.1', bb2: '10.0.2.1' } as const

/** @param places `fra:eu`; without an area it is `world` */
export function fleetOf(places: readonly string[], core: readonly string[]): readonly ReturnType<typeof pop>[] {
  return places.map((place) => {
    const [id = '', area = 'world'] = place.split(':')
    const inside = core.map((name) =>
      neighbor(`${id}-${name}`, { kind: 'internal', asn, address: coreAddresses[name as 'bb1'] }),
    )
    const neighbors = [neighbor(`${id}-isp`, { kind: 'peer' }), ...inside]
    return pop(id, { area, nextHop: { ipv6: '2001:db8::1' as never }, neighbors })
  })
}
