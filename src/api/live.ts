/** Live reads from a speaker's daemon, for `show` and `adopt`; what fails there is told, never guessed. */
import { unknownName } from '../intent/check/report.ts'
import type { Intent, Speaker as SpeakerDocument, SpeakerId } from '../intent/model.ts'
import type { Speaker } from '../speaker/speaker.ts'
import type { ApiDeps } from './deps.ts'
import { ProblemError } from './problem.ts'

export const liveDeadlineMs = 5000

export function speakerOf(intent: Intent, id: string): SpeakerDocument {
  const speaker = intent.speakers.get(id as SpeakerId)
  if (speaker === undefined)
    throw new ProblemError(404, 'not-found', unknownName('Speaker', id, intent.speakers.keys()))
  return speaker
}

export function connectionTo(deps: ApiDeps, { id, endpoint, tls }: SpeakerDocument): Speaker {
  return deps.speakers({ speaker: id, endpoint, ...(tls !== undefined && { tls }) })
}
