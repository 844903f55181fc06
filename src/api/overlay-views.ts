/** What people laid over the intent, each with its end: the answer to "what did we forget?" */
import type { Practice } from '../health/practice.ts'
import { OverlayTime } from '../intent/compile/overlay-time.ts'
import type { Drain, Intent } from '../intent/model.ts'
import type { DocumentKey } from '../intent/document.ts'
import { isoTime } from './alarm-view.ts'
import { type Origins, madeBy } from './origin-view.ts'
import type { OverlayView, StatusView } from './wire/status.ts'

type Overlays = Pick<StatusView, 'frozen' | 'drains' | 'overrides' | 'preferences'>

interface Overlay {
  readonly id: string
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

const kinds = { Freeze: 'freezes', Drain: 'drains', Override: 'overrides' } as const
type Kind = keyof typeof kinds

/** Documents whose makers overlaysOf tells. A preference tells its reason itself. */
export function overlayKeys(intent: Intent): readonly DocumentKey[] {
  return (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    Array.from(intent[kinds[kind]].keys(), (id): DocumentKey => `${kind}/${id}`),
  )
}

/** Those in force and those that start later; one that has expired is a document still, and says nothing. */
export function overlaysOf(intent: Intent, origins: Origins, nowMs: number): Overlays {
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const lasting = <O extends Overlay>(
    overlays: Iterable<O>,
    aboutOf: (overlay: O) => string | undefined,
    kind?: Kind,
  ): OverlayView[] =>
    [...overlays]
      .filter((overlay) => !time.hasExpired(overlay))
      .map((overlay) => ({
        ...overlayView(overlay, aboutOf(overlay)),
        ...(kind !== undefined && madeBy(origins, `${kind}/${overlay.id}`)),
      }))
  const isPersons = ({ by }: { readonly by: 'person' | 'learner' }) => by === 'person'
  const paths = [...intent.preferences.values()].filter(isPersons)
  const entries = [...intent.entryPreferences.values()].filter(isPersons)
  return {
    frozen: lasting(intent.freezes.values(), () => undefined, 'Freeze'),
    drains: lasting(intent.drains.values(), targetOf, 'Drain'),
    overrides: lasting(intent.overrides.values(), ({ prefix }) => prefix, 'Override'),
    preferences: [
      ...lasting(paths, ({ group, pop, path }) => `${group} over ${path} at ${pop}`),
      ...lasting(entries, ({ group, pop }) => `${group} enters at ${pop}`),
    ],
  }
}

/** A practice counts a POP as sick, which is a person's word as well. */
export function practicesOf(practice: Practice | undefined, nowMs: number): StatusView['practices'] {
  if (practice === undefined || nowMs >= practice.untilMs) return []
  const { prefix, pop, untilMs } = practice
  return [{ name: `${prefix} at ${pop}`, until: isoTime(untilMs) }]
}

function overlayView({ id, expiresAtMs }: Overlay, about: string | undefined): OverlayView {
  return {
    name: id,
    ...(about !== undefined && { about }),
    ...(expiresAtMs !== undefined && { until: isoTime(expiresAtMs) }),
  }
}

function targetOf({ target }: Drain): string {
  if (target.kind === 'site') return target.at
  return target.kind === 'speaker' ? target.speaker : target.neighbor
}
