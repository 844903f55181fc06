/** Alarms, verdicts and agents: what is wrong, how that is known, and who says so. Times are ISO 8601, UTC. */
import { z } from 'zod'
import { proofSchema } from './revision.ts'

export const alarmStates = ['pending', 'firing', 'acknowledged', 'resolved'] as const
export const severitySchema = z.enum(['critical', 'warning', 'info'])

export const alarmSchema = z
  .object({
    /** Kind and subject, such as `dns/service/fra/dns`: one alarm each. Encode its slashes in a path. */
    id: z.string(),
    state: z.enum(alarmStates),
    severity: severitySchema,
    /** Name of the check, or `monitoring-suspect`, `agent-suspect`, `agent-silent`, `breaker`, `failover-refused`, … */
    kind: z.string(),
    subject: z.string(),
    message: z.string(),
    labels: z.record(z.string(), z.string()),
    /** `herald`, or the system that raised it. */
    source: z.string(),
    startedAt: z.string(),
    firedAt: z.string().optional(),
    acknowledged: z
      .object({
        by: z.string(),
        at: z.string(),
        reason: z.string().optional(),
        /** When it fires again, if it is not over. */
        until: z.string().optional(),
      })
      .optional(),
    resolvedAt: z.string().optional(),
    /** How long it was pending, and how long it fires or fired. */
    pendingMs: z.number(),
    firingMs: z.number(),
  })
  .meta({ id: 'Alarm' })

export const alarmListSchema = z.object({ alarms: z.array(alarmSchema) }).meta({ id: 'AlarmList' })

export const alarmDetailSchema = alarmSchema
  .extend({
    /** Revisions of automation that this alarm caused, newest first, each with its time line. */
    revisions: z.array(
      z.object({
        revision: z.number().int(),
        at: z.string(),
        command: z.string(),
        reason: z.string(),
        proof: proofSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'AlarmDetail' })

export const placeSchema = z.object({ kind: z.enum(['pop', 'neighbor']), name: z.string() })

export const verdictSchema = z
  .object({
    /** Name of the Check, or of the AlertMapping. */
    check: z.string(),
    subject: z.string(),
    pop: z.string(),
    place: placeSchema,
    /** Only this prefix is concerned. */
    prefix: z.string().optional(),
    /** `unknown` moves no route, in either direction. */
    state: z.enum(['healthy', 'sick', 'unknown']),
    since: z.string(),
    reason: z.string(),
    /** Flap damping: grows with each turn to sick, decays; while `dampedUntil` lies ahead traffic does not come back. */
    penalty: z.object({ value: z.number(), dampedUntil: z.string().optional() }),
    holdDownMs: z.number(),
    /** Names of agents by what they say. */
    evidence: z.object({
      failed: z.array(z.string()),
      ok: z.array(z.string()),
      unknown: z.array(z.string()),
      quorum: z.number().int(),
    }),
    completedBy: z.object({ agent: z.string(), sentAt: z.string(), receivedAt: z.string() }).optional(),
    /** What probes measured there lately (weights halve every half minute), of all agents together. */
    measured: z
      .object({
        /** Shares, 0 to 1: of probes answered well, and of packets lost. */
        availability: z.number(),
        lossRatio: z.number(),
        rttMs: z.object({ median: z.number(), p95: z.number() }).optional(),
        jitterMs: z.number().optional(),
      })
      .optional(),
  })
  .meta({ id: 'Verdict' })

export const verdictListSchema = z.object({ checks: z.array(verdictSchema) }).meta({ id: 'VerdictList' })

export const agentSchema = z
  .object({
    id: z.string(),
    /** `pop fra`, `vantage point in frankfurt`; absent: no document names it. */
    place: z.string().optional(),
    /** How many places it probes. */
    tasks: z.number().int(),
    /** `silent`: it should be heard of and is not; `idle`: it has nothing to probe; `unnamed`: it has no document. */
    state: z.enum(['heard', 'silent', 'idle', 'unnamed']),
    seenAt: z.string().optional(),
    /** Since then. */
    silentMs: z.number().optional(),
    /** Samples it had to throw away while it was cut off, in its present run. */
    dropped: z.number().int(),
  })
  .meta({ id: 'Agent' })

export const agentListSchema = z.object({ agents: z.array(agentSchema) }).meta({ id: 'AgentList' })

export type AlarmView = z.infer<typeof alarmSchema>
export type AlarmListView = z.infer<typeof alarmListSchema>
export type AlarmDetailView = z.infer<typeof alarmDetailSchema>
export type VerdictView = z.infer<typeof verdictSchema>
export type VerdictListView = z.infer<typeof verdictListSchema>
export type AgentView = z.infer<typeof agentSchema>
export type AgentListView = z.infer<typeof agentListSchema>
