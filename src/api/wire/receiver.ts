/** Receivers: where alarms are told, and how that goes. */
import { z } from 'zod'

export const receiverSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['webhook', 'alertmanager', 'pagerduty', 'slack']),
    /** Host it is told at; absent: where the URL is a secret, or PagerDuty's own. */
    host: z.string().optional(),
    /** `new`: nothing was to be told yet. */
    state: z.enum(['new', 'well', 'failing']),
    sent: z.number().int(),
    /** Notices that were refused, or given up after trying long enough. */
    givenUp: z.number().int(),
    waiting: z.number().int(),
    lastSentAt: z.string().optional(),
    failure: z.object({ at: z.string(), problem: z.string() }).optional(),
  })
  .meta({ id: 'Receiver' })

export const receiverListSchema = z.object({ receivers: z.array(receiverSchema) }).meta({ id: 'ReceiverList' })

export type ReceiverView = z.infer<typeof receiverSchema>
export type ReceiverListView = z.infer<typeof receiverListSchema>
