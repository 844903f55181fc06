/** Alerts of other systems: what Alertmanager's webhook (version 4, of which Grafana's is a superset) sends, and the answer. */
import { z } from 'zod'

const labelsSchema = z.record(z.string().max(200), z.string().max(2000))

/** Fields that are not named here are passed over: other versions and Grafana send more. */
export const alertmanagerMessageSchema = z.object({
  /** `4`; Grafana says `1`. */
  version: z.string().max(20).optional(),
  groupKey: z.string().max(4000).optional(),
  /** Alerts of the group that were left out of this message. */
  truncatedAlerts: z.number().int().min(0).default(0),
  receiver: z.string().max(200).default('alertmanager'),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: labelsSchema,
        annotations: labelsSchema.default({}),
        fingerprint: z.string().min(1).max(100).optional(),
      }),
    )
    .max(5000, 'at most 5000 alerts at once; set max_alerts of the receiver'),
})

const unmappedSchema = z.object({ fingerprint: z.string(), labels: labelsSchema, problem: z.string() })

export const alertsTakenSchema = z
  .object({
    taken: z.number().int(),
    /** Alerts that no mapping takes, or that name what is not there; sending them again changes nothing. */
    unmapped: z.array(unmappedSchema),
    /** Left out by the sender; nothing is concluded about them. */
    truncated: z.number().int(),
  })
  .meta({ id: 'AlertsTaken' })

export const alertListSchema = z
  .object({
    /** What alerts say of each place. */
    places: z.array(
      z.object({
        mapping: z.string(),
        subject: z.string(),
        prefix: z.string().optional(),
        /** How many alerts of it fire. */
        firing: z.number().int(),
        since: z.string(),
        summary: z.string(),
      }),
    ),
    /** The last ones that lead nowhere, newest first. */
    unmapped: z.array(unmappedSchema.extend({ at: z.string() })),
  })
  .meta({ id: 'AlertList' })

export type AlertmanagerMessage = z.infer<typeof alertmanagerMessageSchema>
export type AlertsTakenView = z.infer<typeof alertsTakenSchema>
export type AlertListView = z.infer<typeof alertListSchema>
