/**
 * Which speakers need a new configuration: those concerned whose compiled DesiredSpeaker differs from what was last
 * written. A worker extends the export policy from it before it pushes the paths that need the extension.
 */
import { type Moment, compileSpeaker } from '../intent/compile.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import { type DocumentChange, splitKey } from '../intent/document.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'

export function configureSpeakers(
  intent: Intent,
  moment: Moment,
  written: ReadonlyMap<SpeakerId, string>,
  concerned: 'all' | Iterable<SpeakerId>,
  shut: ReadonlyMap<SpeakerId, DesiredSpeaker['shut']>,
): readonly DesiredSpeaker[] {
  if (intent.network === undefined) return []
  const changed: DesiredSpeaker[] = []
  for (const speaker of concerned === 'all' ? intent.speakers.keys() : concerned) {
    if (!intent.speakers.has(speaker)) continue
    const kept = shut.get(speaker)
    const desired = { ...compileSpeaker(intent, speaker, moment), ...(kept !== undefined && { shut: kept }) }
    if (JSON.stringify(desired) !== written.get(speaker)) changed.push(desired)
  }
  return changed
}

/** Speakers whose own documents, or whose neighbors' documents, a revision changed; path groups and places may concern any. */
export function speakersOf(changes: readonly DocumentChange[]): ReadonlySet<SpeakerId> | 'all' {
  const speakers = new Set<SpeakerId>()
  for (const { key, before, after } of changes) {
    const { kind, name } = splitKey(key)
    if (['PathGroup', 'Pop', 'Region', 'Area'].includes(kind)) return 'all'
    if (kind === 'Speaker') speakers.add(name as SpeakerId)
    if (kind === 'Neighbor')
      for (const spec of [before, after]) {
        const { speaker } = (spec ?? {}) as { readonly speaker?: SpeakerId }
        if (speaker !== undefined) speakers.add(speaker)
      }
  }
  return speakers
}
