/** Revisions (the audit) and their proofs: accepted → planned → pushed → in RIB → in adj-out → seen. */
import { z } from 'zod'
import { catchmentProofSchema } from './catchment.ts'
import { routerProofSchema } from './collector.ts'
import { documentDiffSchema } from './change.ts'

export const revisionViewSchema = z
  .object({
    revision: z.number().int(),
    /** ISO 8601, UTC. */
    at: z.string(),
    author: z.string(),
    reason: z.string(),
    command: z.string(),
    /** Guards a person overrode. */
    forced: z.array(z.string()),
    /** Announcements (prefix, POP) that it took away. */
    removes: z.number().int(),
    changes: z.array(documentDiffSchema),
  })
  .meta({ id: 'Revision' })

export const revisionListSchema = z
  .object({
    revisions: z.array(revisionViewSchema),
    /** Give it as `before` for the next page; absent on the last. */
    next: z.number().int().optional(),
  })
  .meta({ id: 'RevisionList' })

export const speakerProofSchema = z
  .object({
    speaker: z.string(),
    pop: z.string().optional(),
    announce: z.number().int(),
    withdraw: z.number().int(),
    /** Milliseconds after `acceptedAt`. */
    pushedMs: z.number().optional(),
    ribMs: z.number().optional(),
    adjOutMs: z.number().optional(),
    /** Established neighbors whose adj-out was read. */
    neighbors: z.number().int().optional(),
    problem: z.string().optional(),
  })
  .meta({ id: 'SpeakerProof' })

export const proofSchema = z
  .object({
    revision: z.number().int(),
    state: z.enum(['pending', 'held', 'done', 'superseded']),
    /**
     * Of automation: the sample that completed the verdict was sent (by the agent's clock) and taken, then it was decided.
     * Milliseconds after `acceptedAt`, so they are negative.
     */
    detection: z
      .object({ alarm: z.string(), sentMs: z.number(), receivedMs: z.number(), decidedMs: z.number() })
      .optional(),
    acceptedAt: z.string(),
    plannedMs: z.number().optional(),
    doneMs: z.number().optional(),
    /** Of a superseded one: the later revision of the same prefixes, which counts instead. */
    supersededBy: z.number().int().optional(),
    /** What is held, in sentences. */
    held: z.array(z.string()),
    speakers: z.array(speakerProofSchema),
    /** What vantage points see of it; absent: not known yet, or it changed no route. */
    catchment: catchmentProofSchema.optional(),
    /** What vantage routers see of it; absent: not known yet, there are none, or it changed no route. */
    routers: routerProofSchema.optional(),
    /** Changes whenever anything above does; give it as `seen` to wait for the next change. */
    progress: z.string(),
  })
  .meta({ id: 'Proof' })

export type RevisionView = z.infer<typeof revisionViewSchema>
export type RevisionListView = z.infer<typeof revisionListSchema>
export type ProofView = z.infer<typeof proofSchema>
