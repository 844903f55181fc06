/** The path learner as the API shows it: what it knows of each place, what it decided and why, and what it proposes. */
import { z } from 'zod'

const time = z.string().meta({ description: 'ISO 8601, UTC' })

const guardAnswerSchema = z.object({ guard: z.string(), passed: z.boolean(), detail: z.string().optional() })

/** All that a decision is made of. Costs are milliseconds, statistics ms·min. */
export const learnedExplanationSchema = z
  .object({
    at: time,
    chosen: z.string(),
    candidates: z.array(
      z.object({
        path: z.string(),
        chosen: z.boolean(),
        /** Batches of samples so far. */
        batches: z.number().int(),
        costMs: z.number().nullable(),
        /** Mean with two standard errors. */
        levelMs: z.number().nullable(),
        lowMs: z.number().nullable(),
        highMs: z.number().nullable(),
        /** Of the last 20 probes, and in a row. */
        lossRatio: z.number(),
        lossStreak: z.number().int(),
        dead: z.boolean(),
        /** Evidence against the path in use, and how much is needed. */
        statisticMsMin: z.number(),
        thresholdMsMin: z.number(),
        thresholdFrom: z.enum(['price', 'noise']),
        /** What a move is expected to save from now on, and its price. */
        worthMsMin: z.number(),
        priceMsMin: z.number(),
        /** Minutes that a difference to the path in use is expected to last. */
        lastingMin: z.number(),
        /** Why it is worth the price: expected to be, a `new` difference, one that has `lasted`; or it is not. */
        worth: z.enum(['expected', 'new', 'lasted', 'too-little']),
        guards: z.array(guardAnswerSchema),
        /** What would make it the chosen path. */
        flips: z.string(),
      }),
    ),
    expectedGainMs: z.number().optional(),
    /** Of the move before, as measured since. */
    realisedGainMs: z.number().optional(),
    sentence: z.string(),
  })
  .meta({ id: 'LearnedExplanation' })

const settingsSchema = z.record(z.string(), z.number())

export const learnerTuningSchema = z.object({
  /** `default`, `learned` by nightly replays, or `pinned` by the group's document. */
  from: z.enum(['default', 'learned', 'pinned']),
  settings: settingsSchema,
  /** Hours of the day are known. */
  priors: z.boolean(),
  /** A challenger decides in shadow. */
  trial: z
    .object({
      since: time,
      until: time,
      settings: settingsSchema,
      challengerMsMin: z.number(),
      presentMsMin: z.number(),
      challengerChanges: z.number().int(),
      presentChanges: z.number().int(),
    })
    .optional(),
  /** When the log was last replayed. */
  replayedAt: time.optional(),
  /** Trials that ended, newest first. */
  verdicts: z.array(
    z.object({
      at: time,
      verdict: z.enum(['promoted', 'dropped']),
      challengerMsMin: z.number(),
      presentMsMin: z.number(),
    }),
  ),
})

export const learnerPlaceSchema = z
  .object({
    /** `fra/origin`; where ASes enter `entry:t1-eu`. */
    place: z.string(),
    kind: z.enum(['path', 'entry']),
    group: z.string(),
    pop: z.string().optional(),
    mode: z.enum(['off', 'shadow', 'canary', 'auto']),
    chosen: z.string().optional(),
    batches: z.number().int(),
    at: time.optional(),
    /** Who prefers what there now. */
    preferred: z.object({ path: z.string(), by: z.enum(['person', 'learner']) }).optional(),
    paths: z.array(
      z.object({
        path: z.string(),
        batches: z.number().int(),
        costMs: z.number().optional(),
        levelMs: z.number().optional(),
        /** Left of a bar after a move to it was undone or reverted. */
        barredMs: z.number().optional(),
      }),
    ),
    lastMove: z
      .object({
        at: time,
        from: z.string(),
        to: z.string(),
        expectedGainMs: z.number(),
        realisedGainMs: z.number().optional(),
      })
      .optional(),
    /** Where ASes enter: how the last change of MED stands. */
    med: z
      .object({ state: z.enum(['settled', 'verifying', 'ignored']), since: time.optional(), to: z.string().optional() })
      .optional(),
    tuning: learnerTuningSchema,
    /** How it stands now; absent where a person prefers something, because nothing is weighed there meanwhile. */
    explanation: learnedExplanationSchema.optional(),
  })
  .meta({ id: 'LearnerPlace' })

export const learnerDecisionSchema = z
  .object({
    /** For undo. */
    id: z.string(),
    at: time,
    place: z.string(),
    group: z.string(),
    pop: z.string().optional(),
    kind: z.enum(['move', 'held', 'confirmed', 'rolled-back']),
    cause: z.string().optional(),
    guard: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    /** False: decided and not carried out. */
    applied: z.boolean(),
    /** Revision that carried it out. */
    revision: z.number().int().optional(),
    expectedGainMs: z.number().optional(),
    realisedGainMs: z.number().optional(),
    sentence: z.string(),
    /** Absent of what became of a change of MED. */
    explanation: learnedExplanationSchema.optional(),
  })
  .meta({ id: 'LearnerDecision' })

export const learnerProposalSchema = z
  .object({
    group: z.string(),
    at: time,
    from: z.string(),
    to: z.string(),
    sentence: z.string(),
    /** What approving it says toward which lines. */
    would: z.array(z.object({ neighbor: z.string(), says: z.string() })),
  })
  .meta({ id: 'LearnerProposal' })

export const learnerSchema = z
  .object({
    places: z.array(learnerPlaceSchema),
    /** What MED cannot do and a person could. */
    proposals: z.array(learnerProposalSchema),
    /** Newest first. */
    decisions: z.array(learnerDecisionSchema),
  })
  .meta({ id: 'Learner' })

export const learnerLogSchema = z
  .object({
    /** Events as they were stored (src/learning/log), oldest first. */
    entries: z.array(z.object({ id: z.string(), entry: z.unknown() })),
    /** For the next page; absent: there are no more now. */
    next: z.string().optional(),
  })
  .meta({ id: 'LearnerLog' })

export const learnerReplaySchema = z
  .object({
    places: z.array(
      z.object({
        place: z.string(),
        /** Events that were decided again. */
        events: z.number().int(),
        decisions: z.number().int(),
        /** Events before the first snapshot in the log. */
        skipped: z.number().int(),
        difference: z
          .object({
            at: time,
            what: z.enum(['decision', 'verdict', 'snapshot']),
            logged: z.string(),
            replayed: z.string(),
          })
          .optional(),
      }),
    ),
  })
  .meta({ id: 'LearnerReplay' })

export const learnerWordSchema = z
  .object({ places: z.array(z.string()).meta({ description: 'Places that it was said of' }) })
  .meta({ id: 'LearnerWord' })

export type LearnedExplanationView = z.infer<typeof learnedExplanationSchema>
export type LearnerPlaceView = z.infer<typeof learnerPlaceSchema>
export type LearnerDecisionView = z.infer<typeof learnerDecisionSchema>
export type LearnerView = z.infer<typeof learnerSchema>
export type LearnerLogView = z.infer<typeof learnerLogSchema>
export type LearnerReplayView = z.infer<typeof learnerReplaySchema>
export type LearnerWordView = z.infer<typeof learnerWordSchema>
