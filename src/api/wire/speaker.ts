/** Speakers, their neighbors and routes, as intended, decided, observed and live. */
import { z } from 'zod'
import { changeSchema } from './change.ts'
import { attributesSchema } from './plan.ts'

export const neighborViewSchema = z
  .object({
    /** Name of the Neighbor document; absent for one that no document names. */
    id: z.string().optional(),
    address: z.string(),
    asn: z.number().int(),
    kind: z.string().optional(),
    managed: z.boolean().optional(),
    state: z.enum(['idle', 'connect', 'active', 'open-sent', 'open-confirm', 'established', 'unknown']),
    /** Administratively shut down: by Herald, where `shutBy` is there, else by a person. */
    adminDown: z.boolean().optional(),
    /** The drain that has shut it, or had and awaits it: `Drain/fra-maintenance`. */
    shutBy: z.string().optional(),
    /** The daemon closed it: more prefixes than the limit. */
    prefixLimit: z.boolean().optional(),
    /** State of BFD beside the session; absent where there is none. */
    bfd: z.enum(['up', 'down', 'admin-down', 'init']).optional(),
    received: z.number().int().optional(),
    accepted: z.number().int().optional(),
    advertised: z.number().int().optional(),
    uptimeSeconds: z.number().optional(),
    /** How often the session was lost within ten minutes. */
    losses: z.number().int().optional(),
  })
  .meta({ id: 'Neighbor' })

export const speakerViewSchema = z
  .object({
    id: z.string(),
    pop: z.string(),
    endpoint: z.string(),
    /** `unknown`: nobody could read it, so nothing is concluded from it. */
    reach: z.enum(['up', 'unknown']),
    since: z.string().optional(),
    problem: z.string().optional(),
    api: z.string().optional(),
    routerId: z.string().optional(),
    policy: z.string().optional(),
    /** Generations of decisions: decided above applied is on its way. */
    decided: z.number().int(),
    applied: z.number().int(),
    /** When the whole RIB was last read. */
    readAt: z.string().optional(),
    /** Local paths in its RIB that are not Herald's. */
    foreign: z.number().int().optional(),
    /** Prefixes that some neighbor is not sent as decided (adj-out). */
    drifted: z.number().int(),
    neighbors: z.object({ established: z.number().int(), of: z.number().int() }),
  })
  .meta({ id: 'Speaker' })

export const speakerListSchema = z.object({ speakers: z.array(speakerViewSchema) }).meta({ id: 'SpeakerList' })
export const neighborListSchema = z
  .object({
    speaker: z.string(),
    /** False: as last seen by the watcher. */
    live: z.boolean(),
    neighbors: z.array(neighborViewSchema),
  })
  .meta({ id: 'NeighborList' })

export const ribPathSchema = z
  .object({
    best: z.boolean(),
    identifier: z.number().int(),
    /** Address of the neighbor it was learned from; absent for a local path. */
    learnedFrom: z.string().optional(),
    ageSeconds: z.number().int(),
    attributes: attributesSchema,
  })
  .meta({ id: 'RibPath' })

export const routeViewSchema = z
  .object({
    prefix: z.string(),
    speaker: z.string(),
    pop: z.string(),
    reach: z.enum(['up', 'unknown']),
    /** What intent and overlays want there now; absent: nothing. Of what steers, attributes are as its neighbor offers it. */
    intent: z.object({ attributes: attributesSchema.optional(), because: z.string() }).optional(),
    /** The standing decision; absent: none, hands off. */
    target: z
      .object({
        kind: z.enum(['announce', 'withdraw']),
        revision: z.number().int(),
        generation: z.number().int(),
        applied: z.boolean(),
        attributes: attributesSchema.optional(),
      })
      .optional(),
    /** As last read from the RIB. */
    observed: z.object({ owner: z.enum(['ours', 'other-epoch', 'foreign']), attributes: attributesSchema }).optional(),
    /** The speaker's words, where it refused the path. */
    refused: z.string().optional(),
    /** What a neighbor's adj-out said instead, when it was last read for a proof. */
    unproved: z.string().optional(),
    /** Read from the speaker for this answer (`live=true`). */
    rib: z.array(ribPathSchema).optional(),
    adjOut: z
      .array(
        z.object({
          neighbor: z.string(),
          address: z.string(),
          /** Absent: not sent. */
          attributes: attributesSchema.optional(),
          /** Why it could not be read. */
          problem: z.string().optional(),
        }),
      )
      .optional(),
    /** Why the speaker could not be read live. */
    problem: z.string().optional(),
  })
  .meta({ id: 'Route' })

export const routeListSchema = z
  .object({ routes: z.array(routeViewSchema), truncated: z.boolean() })
  .meta({ id: 'RouteList' })

export const adoptionSchema = changeSchema
  .extend({
    adopted: z.array(z.string()),
    /** Foreign paths that documents cannot say, and why. */
    left: z.array(z.object({ prefix: z.string(), why: z.string() })),
  })
  .meta({ id: 'Adoption' })

export type NeighborView = z.infer<typeof neighborViewSchema>
export type NeighborListView = z.infer<typeof neighborListSchema>
export type SpeakerView = z.infer<typeof speakerViewSchema>
export type SpeakerListView = z.infer<typeof speakerListSchema>
export type RouteView = z.infer<typeof routeViewSchema>
export type RouteListView = z.infer<typeof routeListSchema>
export type AdoptionView = z.infer<typeof adoptionSchema>

export const forgottenSpeakerSchema = z.object({ speaker: z.string() })
