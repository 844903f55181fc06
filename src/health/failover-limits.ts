/** How much automation may do in which time. */

/** G2. After the breaker opened, nothing is taken away for `freezeMs`, or until a person says go; then it may open again. */
export const breaker = { windowMs: 300_000, share: 0.05, freezeMs: 900_000 } as const

/** G15 (RFC 7196 gives the reasons): between two ends of withdraw cycles, and between two changes of attributes. */
export const flapBudget = { cycleMs: 1_200_000, changeMs: 1_800_000 } as const
