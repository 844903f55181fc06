/** Kinds of BGP neighbors, and the LOCAL_PREF band each relationship owns (invariant G8). */
export const neighborKinds = ['transit', 'peer', 'route-server', 'customer', 'internal'] as const

export type NeighborKind = (typeof neighborKinds)[number]

export interface Band {
  readonly min: number
  readonly max: number
}

/** Routes learned from a neighbor: the usual customer > peer > transit order, in bands that never overlap. */
export const localPrefBands: Readonly<Record<NeighborKind, Band>> = {
  transit: { min: 100, max: 199 },
  'route-server': { min: 200, max: 299 },
  peer: { min: 300, max: 399 },
  customer: { min: 400, max: 499 },
  internal: { min: 0, max: 99 },
}

/**
 * Steering routes: above every learned route, so that one of them is followed; below every local service, so that none
 * draws away what is answered here.
 */
export const steeredBand: Band = { min: 500, max: 999 }
export const steeredLocalPref = 500

/** Local service routes: above every learned route, so that a service is always answered where it stands. */
export const serviceBand: Band = { min: 1000, max: 1999 }
export const serviceLocalPref = 1000

export function inBand(band: Band, localPref: number): boolean {
  return localPref >= band.min && localPref <= band.max
}

export function isExternal(kind: NeighborKind): boolean {
  return kind !== 'internal'
}
