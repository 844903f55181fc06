/**
 * Which speakers need a new configuration: those concerned whose compiled DesiredSpeaker differs from what was last
 * written. A worker extends the export policy from it before it pushes the paths that need the extension.
 */
import { type Moment, compileSpeaker } from '../intent/compile.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'

export function configureSpeakers(
  intent: Intent,
  moment: Moment,
  written: ReadonlyMap<SpeakerId, string>,
  concerned: 'all' | ReadonlyMap<SpeakerId, unknown>,
): readonly DesiredSpeaker[] {
  if (intent.network === undefined) return []
  const changed: DesiredSpeaker[] = []
  for (const speaker of concerned === 'all' ? intent.speakers.keys() : concerned.keys()) {
    if (!intent.speakers.has(speaker)) continue
    const desired = compileSpeaker(intent, speaker, moment)
    if (JSON.stringify(desired) !== written.get(speaker)) changed.push(desired)
  }
  return changed
}
