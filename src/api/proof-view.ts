/** Proofs as the API shows them: times as milliseconds after the revision was accepted. */
import { createHash } from 'node:crypto'
import type { Intent } from '../intent/model.ts'
import type { Proof } from '../store/proof.ts'
import { catchmentProofView } from './catchment-view.ts'
import { routerProofView } from './collector-view.ts'
import type { ProofView } from './wire/revision.ts'

export function proofView(proof: Proof, intent: Intent): ProofView {
  const after = (atMs: number | undefined): number | undefined =>
    atMs === undefined ? undefined : atMs - proof.acceptedAtMs
  const { detection } = proof
  const speakers = [...proof.speakers].map(([speaker, part]) => ({
    speaker,
    pop: intent.speakers.get(speaker)?.pop,
    announce: part.announce,
    withdraw: part.withdraw,
    pushedMs: after(part.pushedAtMs),
    ribMs: after(part.ribAtMs),
    adjOutMs: after(part.adjOutAtMs),
    neighbors: part.neighbors,
    problem: part.problem,
  }))
  const catchment = catchmentProofView(proof, intent)
  const view = {
    revision: proof.revision,
    state: proof.state,
    ...(detection !== undefined && {
      detection: {
        alarm: detection.alarm,
        sentMs: detection.sentAtMs - proof.acceptedAtMs,
        receivedMs: detection.receivedAtMs - proof.acceptedAtMs,
        decidedMs: detection.decidedAtMs - proof.acceptedAtMs,
      },
    }),
    acceptedAt: new Date(proof.acceptedAtMs).toISOString(),
    plannedMs: after(proof.plannedAtMs),
    doneMs: after(proof.doneAtMs),
    supersededBy: proof.supersededBy,
    held: [...proof.held],
    speakers: speakers.toSorted((a, b) => a.speaker.localeCompare(b.speaker, 'en', { numeric: true })),
    ...(catchment !== undefined && { catchment }),
    ...(proof.routers !== undefined && { routers: routerProofView(proof.routers) }),
  }
  return { ...view, progress: createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 16) }
}
