/** Collectors (vantage routers), and what they see of our space. */
import { z } from 'zod'

const sightSchema = z.enum(['seen', 'not-seen', 'unknown'])

export const collectorSchema = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    region: z.string().optional(),
    label: z.string().optional(),
    /** `unknown`: nobody could read it, so nothing is concluded from what it does not show. */
    reach: z.enum(['up', 'unknown']),
    since: z.string().optional(),
    problem: z.string().optional(),
    api: z.string().optional(),
    asn: z.number().int().optional(),
    routerId: z.string().optional(),
    /** When our whole space was last read. */
    readAt: z.string().optional(),
    neighbors: z.array(
      z.object({
        address: z.string(),
        asn: z.number().int(),
        state: z.string(),
        received: z.number().int(),
        accepted: z.number().int(),
      }),
    ),
    /** Of Prefix documents: how many it sees, originated by an AS that may. */
    sees: z.object({ prefixes: z.number().int(), of: z.number().int() }),
    /** Prefixes of our space that it sees originated by another AS. */
    wrongOrigins: z.number().int(),
  })
  .meta({ id: 'Collector' })

export const collectorListSchema = z.object({ collectors: z.array(collectorSchema) }).meta({ id: 'CollectorList' })

export const seenPathSchema = z
  .object({
    asPath: z.array(z.number().int()),
    origin: z.number().int(),
    /** The origin is neither ours nor one that the pool allows: a possible hijack. */
    wrongOrigin: z.boolean(),
    communities: z.array(z.string()),
    /** Neighbor of the collector that told it; absent: local there. */
    from: z.string().optional(),
    best: z.boolean(),
  })
  .meta({ id: 'SeenPath' })

export const seenListSchema = z
  .object({
    prefixes: z.array(
      z.object({
        prefix: z.string(),
        /** A Prefix document names it. */
        documented: z.boolean(),
        collectors: z.array(
          z.object({
            collector: z.string(),
            sight: sightSchema,
            /** Since when its paths are there, or gone. */
            since: z.string().optional(),
            changedAt: z.string().optional(),
            paths: z.array(seenPathSchema),
          }),
        ),
      }),
    ),
    truncated: z.boolean(),
  })
  .meta({ id: 'SeenList' })

const sightState = z.enum(['watching', 'seen', 'gone', 'not-seen', 'still-seen', 'untold', 'superseded'])

/** Part of a proof. Milliseconds after `acceptedAt`. */
export const routerProofSchema = z
  .object({
    state: sightState.describe('`untold`: no vantage router could tell'),
    atMs: z.number().optional(),
    prefixes: z.array(
      z.object({
        prefix: z.string(),
        /** It is announced somewhere after the change. */
        wanted: z.boolean(),
        state: sightState,
        /** Of a superseded one: the later revision. */
        supersededBy: z.number().int().optional(),
        atMs: z.number().optional(),
      }),
    ),
    routers: z.array(
      z.object({
        prefix: z.string(),
        collector: z.string(),
        now: sightSchema,
        /** When it came into sight, went out of it, or its paths first changed. */
        seenMs: z.number().optional(),
        goneMs: z.number().optional(),
        changedMs: z.number().optional(),
      }),
    ),
  })
  .meta({ id: 'RouterProof' })

export type CollectorDetail = z.infer<typeof collectorSchema>
export type CollectorListView = z.infer<typeof collectorListSchema>
export type SeenListView = z.infer<typeof seenListSchema>
export type SeenPathView = z.infer<typeof seenPathSchema>
export type RouterProofView = z.infer<typeof routerProofSchema>
