/**
 * Sessions that drains have shut down, at one speaker. Level-triggered as everything else: what is to be shut and is not
 * (a daemon that restarted has forgotten it) is shut again; what Herald has shut and is not to be any more is opened.
 * That it was Herald is noted in Redis first: a session that is down without a note was shut by a person, and stays.
 *
 * A note is kept until its session is established again, or for a minute after it was opened; then it is as any other.
 */
import type { Address } from '../bgp/address.ts'
import type { DesiredSpeaker, Shutdown } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { CallOptions, Speaker, SpeakerNeighbor } from '../speaker/speaker.ts'
import type { ShutNote } from '../store/session.ts'
import type { Store } from '../store/store.ts'

/** The other side may be in a maintenance of its own. */
const awaitedForMs = 60_000
/** GoBGP answers before it has done what it was asked. */
const takenForMs = 5000

export interface SessionWork {
  readonly store: Pick<Store, 'speakers'>
  readonly speaker: Speaker
  readonly configured: DesiredSpeaker
  /** As they were read a moment ago. */
  readonly neighbors: readonly SpeakerNeighbor[]
  readonly nowMs: number
  readonly options: CallOptions
}

/** What is to be done about one session. */
type Step =
  | { readonly kind: 'shut'; readonly communication: string; readonly note: ShutNote }
  | { readonly kind: 'open'; readonly note: ShutNote }
  /** `isBack`: opened, and established again. */
  | { readonly kind: 'keep'; readonly note: ShutNote; readonly isBack: boolean }
  /** It is none of Herald's business, or not any more. */
  | { readonly kind: 'forget' }

/** @returns addresses of sessions that were opened and are established again; to be forgotten once they are proved */
export async function ensureSessions(work: SessionWork): Promise<readonly Address[]> {
  const { store, speaker, configured, neighbors, nowMs, options } = work
  const { shut: noted } = await store.speakers.state(configured.speaker)
  const wanted = wantedAt(configured)
  if (wanted.size === 0 && Object.keys(noted).length === 0) return []
  const named = new Set(configured.neighbors.map(({ address }) => address))
  const steps = new Map<Address, Step>()
  for (const neighbor of neighbors) {
    const { address } = neighbor
    steps.set(address, stepOf(neighbor, wanted.get(address), noted[address], nowMs, named.has(address)))
  }
  const notes = notesAfter(noted, steps, wanted)
  // Noted first: a session that is shut and not noted is not Herald's, and would never be opened.
  if (JSON.stringify(notes) !== JSON.stringify(noted)) await store.speakers.noteShut(configured.speaker, notes)
  for (const [address, one] of steps)
    if (one.kind === 'shut') await speaker.shutNeighbor(address, one.communication, options)
    else if (one.kind === 'open') await speaker.openNeighbor(address, options)
  return [...steps].flatMap(([address, one]) => (one.kind === 'keep' && one.isBack ? [address] : []))
}

/** One that is not there, and is to be shut once it is (added a moment ago), stays noted. */
function notesAfter(
  noted: Readonly<Record<string, ShutNote>>,
  steps: ReadonlyMap<Address, Step>,
  wanted: ReadonlyMap<Address, Shutdown>,
): Readonly<Record<string, ShutNote>> {
  const absent = Object.entries(noted).filter(
    ([address]) => wanted.has(address as Address) && !steps.has(address as Address),
  )
  const present = [...steps].flatMap(([address, one]) => ('note' in one ? [[address, one.note] as const] : []))
  return Object.fromEntries([...absent, ...present])
}

/** They are as any other session from now on. */
export async function forgetSessions(
  { speakers }: Pick<Store, 'speakers'>,
  speaker: SpeakerId,
  addresses: readonly Address[],
): Promise<void> {
  if (addresses.length === 0) return
  const { shut } = await speakers.state(speaker)
  const left = Object.entries(shut).filter(([address]) => !addresses.includes(address as Address))
  await speakers.noteShut(speaker, Object.fromEntries(left))
}

/** Sessions that are to be shut, by address. */
export function wantedAt({ neighbors, shut = {} }: DesiredSpeaker): ReadonlyMap<Address, Shutdown> {
  return new Map(neighbors.flatMap(({ id, address }) => (shut[id] === undefined ? [] : [[address, shut[id]]])))
}

function stepOf(
  { adminDown, state }: SpeakerNeighbor,
  wanted: Shutdown | undefined,
  noted: ShutNote | undefined,
  nowMs: number,
  isNamed: boolean,
): Step {
  if (wanted !== undefined) {
    if (adminDown && noted === undefined) return { kind: 'forget' } // a person's
    const note = { drain: wanted.drain }
    return adminDown
      ? { kind: 'keep', note, isBack: false }
      : { kind: 'shut', communication: wanted.communication, note }
  }
  if (noted === undefined) return { kind: 'forget' }
  const openedAtMs = noted.openedAtMs ?? nowMs
  const note = { ...noted, openedAtMs }
  if (adminDown)
    // Opened, and down all the same: a person has shut it since.
    return nowMs - openedAtMs >= takenForMs ? { kind: 'forget' } : { kind: 'open', note }
  // Nobody waits for a neighbor that no document names any more.
  if (!isNamed || (state !== 'established' && nowMs - openedAtMs >= awaitedForMs)) return { kind: 'forget' }
  return { kind: 'keep', note, isBack: state === 'established' }
}
