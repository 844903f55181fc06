/** What agents and controller tell each other: tasks one way, batches of samples the other. */
import { z } from 'zod'

const address = z.string().min(2).max(45)
const port = z.number().int().min(1).max(65_535)
const outcome = z.enum(['ok', 'fail', 'unknown'])

export const subjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('service'), pop: z.string(), service: z.string() }),
  z.object({ kind: z.literal('neighbor'), pop: z.string(), neighbor: z.string() }),
  z.object({ kind: z.literal('path'), pop: z.string(), path: z.string() }),
])

/** As in health/task. */
export const probeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('icmp'), address, count: z.number().int().min(1) }),
  z.object({ kind: z.literal('tcp'), address, port }),
  z.object({
    kind: z.literal('http'),
    url: z.url({ protocol: /^https?$/ }),
    address: address.optional(),
    statuses: z.array(z.number().int()).readonly(),
    body: z.string().optional(),
    tlsDaysLeft: z.number().optional(),
    popHeader: z.string().optional(),
  }),
  z.object({
    kind: z.literal('dns'),
    server: address,
    port,
    name: z.string(),
    type: z.string(),
    answer: z.string().optional(),
    identify: z.enum(['nsid', 'id.server']).optional(),
  }),
  z.object({
    kind: z.literal('udp'),
    address,
    port,
    packets: z.number().int().min(1),
    spacingMs: z.number().min(0),
  }),
])

export const taskSchema = z
  .object({
    id: z.string(),
    check: z.string(),
    subject: subjectSchema,
    probe: probeSchema,
    source: address.optional(),
    intervalMs: z.number().min(1),
    timeoutMs: z.number().min(1),
  })
  .meta({ id: 'AgentTask' })

export const agentTasksSchema = z
  .object({
    agent: z.string(),
    /** Where the agent stands; absent: a vantage point outside of all POPs. */
    pop: z.string().optional(),
    tasks: z.array(taskSchema).readonly(),
    /** Routes of its POP that it withdraws when it has heard of no controller for so long (G9). */
    leases: z
      .array(z.object({ prefix: z.string(), afterMs: z.number().min(1000) }))
      .readonly()
      .default([]),
    /** Whose routes: only a path that carries this mark is withdrawn. Absent where there are no leases. */
    owner: z.object({ asn: z.number().int(), epoch: z.number().int() }).optional(),
  })
  .meta({ id: 'AgentTasks' })

export const samplesPerBatchAtMost = 2000

export const sentSampleSchema = z.strictObject({
  task: z.string().min(1).max(300),
  subject: z.string().min(1).max(300),
  sequence: z.number().int().min(0),
  /** By the agent's clock, milliseconds since the epoch. */
  atMs: z.number().min(0),
  outcome,
  rttMs: z.number().min(0).optional(),
  lossRatio: z.number().min(0).max(1).optional(),
  jitterMs: z.number().min(0).optional(),
  answeredBy: z.string().max(100).optional(),
  detail: z.string().max(300).optional(),
})

export const sampleBatchSchema = z
  .strictObject({
    /** Names one run of the agent's process. */
    run: z.string().min(1).max(64),
    /** Rises by one within a run. A batch that is sent again with the same number counts once. */
    batch: z.number().int().min(1),
    /** Samples of this run that the agent had to throw away so far, because it was cut off for too long. */
    dropped: z.number().int().min(0),
    samples: z.array(sentSampleSchema).max(samplesPerBatchAtMost),
  })
  .meta({ id: 'SampleBatch' })

export const takenBatchSchema = z
  .object({
    /** Samples that were taken by this request. */
    accepted: z.number().int(),
    /** Samples of tasks that are not this agent's (any more). */
    ignored: z.number().int(),
    /** True: this batch was taken before. */
    known: z.boolean(),
  })
  .meta({ id: 'TakenBatch' })

export type AgentTasksView = z.infer<typeof agentTasksSchema>
export type SentSample = z.infer<typeof sentSampleSchema>
export type SentBatch = z.infer<typeof sampleBatchSchema>
export type TakenBatchView = z.infer<typeof takenBatchSchema>
