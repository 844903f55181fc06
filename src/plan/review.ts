/**
 * Review: the guards on what people (and automation) want committed, before it is. Everything wrong is said at once,
 * each in one sentence with the numbers, the reason and the way out. What is forceable passes with `force`, and the
 * guards overridden go into the audit record.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { checkIntent } from '../intent/check.ts'
import type { Moment } from '../intent/compile.ts'
import type { DocumentChange, DocumentKey, Finding } from '../intent/document.ts'
import { goesBack } from '../intent/edit/rollout.ts'
import type { Intent } from '../intent/model.ts'
import { lossOf } from './loss.ts'
import { refuseBelowFloor, refuseMassRemoval } from './review-loss.ts'
import { type Automation, refuseAutomation } from './review-automation.ts'
import { refuseAsnChange } from './review-asn.ts'
import { refusePrivateAsn } from './review-private-asn.ts'
import { refuseHandWritten, refuseUnderRollout } from './review-rollout.ts'

export interface Refusal {
  readonly guard: 'G1' | 'G2' | 'G4' | 'G5' | 'G7' | 'G8' | 'G11' | 'G13'
  /** kebab-case name of the rule. */
  readonly code: string
  readonly forceable: boolean
  readonly document?: DocumentKey
  readonly message: string
}

export interface ReviewContext {
  readonly changes: readonly DocumentChange[]
  /** Prefixes that the person named for removal. */
  readonly named: ReadonlySet<Prefix>
  /** Automation forces nothing, whatever stands here; a person may have accepted what it does (`accepted`). */
  readonly force: boolean
  readonly moment: Moment
  /** True for undo and restore, which may bring back a Rollout that was. */
  readonly wayBack?: boolean
  /** Present where automation is the author (plan/review-automation). */
  readonly automation?: Automation
}

export interface Review {
  /** Empty: it may be committed. */
  readonly refusals: readonly Refusal[]
  /** Guards that force overrode. */
  readonly overridden: readonly string[]
  /** Announcements (paths, one a speaker) taken away; the planner tolerates as many withdrawals (G4). */
  readonly removes: number
  readonly announcementsBefore: number
  readonly announcementsAfter: number
}

const byForce = 'repeat it with --force --reason … if that is meant'
const byAPerson = 'automation may not, a person can'

export function reviewChange(before: Intent, after: Intent, context: ReviewContext): Review {
  const { changes, named, force, moment, automation, wayBack = false } = context
  const wayOut = automation === undefined ? byForce : byAPerson
  const loss = lossOf(before, after, changes, moment)
  const all = [
    ...refuseFindings(before, after),
    ...refusePrivateAsn(before, after),
    ...refuseAsnChange(before, after, loss.announcementsBefore),
    ...(goesBack(changes)
      ? []
      : [...refuseMassRemoval(before, after, loss, named, wayOut), ...refuseBelowFloor(loss, wayOut)]),
    ...refuseUnderRollout(before, after, changes),
    ...(wayBack ? [] : refuseHandWritten(changes)),
    ...(automation === undefined ? [] : refuseAutomation(before, changes, automation, moment)),
  ]
  const forced = automation === undefined ? force : automation.accepted === true
  const overridden = forced ? all.filter(({ forceable }) => forceable) : []
  return {
    refusals: all
      .filter((refusal) => !overridden.includes(refusal))
      .map((refusal) => (automation === undefined ? refusal : { ...refusal, forceable: false })),
    overridden: [...new Set(overridden.map(({ guard }) => guard))].sort(),
    removes: loss.removes,
    announcementsBefore: loss.announcementsBefore,
    announcementsAfter: loss.announcementsAfter,
  }
}

/**
 * G13: references and rules are checked when they are written, even where they are inert now. Owned space (G7) and
 * bands (G8) are rules of that kind; the plan looks at both again, so forcing them would only move the refusal.
 */
function refuseFindings(before: Intent, after: Intent): readonly Refusal[] {
  const known = new Set(checkIntent(before).map(identity))
  return checkIntent(after)
    .filter((finding) => finding.severity === 'error' && !known.has(identity(finding)))
    .map(({ code, document, message }) => ({
      guard: guardOf.get(code) ?? 'G13',
      code,
      forceable: false,
      document,
      message,
    }))
}

const guardOf: ReadonlyMap<string, Refusal['guard']> = new Map([
  ['outside-pools', 'G7'],
  ['unannounceable', 'G7'],
  ['reserved-community', 'G7'],
  ['local-pref-band', 'G8'],
])

function identity({ code, document, pointer, message }: Finding): string {
  return [code, document, pointer, message].join(' ')
}
