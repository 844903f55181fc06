/** A decision in one plain sentence, and what would flip it. CLI, API and documents quote these and write none of their own. */
import type { Arm } from './arm.ts'
import type { CandidateExplanation, Explanation, GuardAnswer, Outcome } from './decision.ts'

export function sentenceOf(data: Omit<Explanation, 'sentence'>, outcome: Outcome): string {
  const { subject } = data
  const where = 'entry' in subject ? `The entry of ${subject.entry}` : `${subject.pop} toward ${subject.destination}`
  switch (outcome.kind) {
    case 'stay':
      return `${where} stays on ${data.chosen}: ${strongest(data.candidates)}.`
    case 'held': {
      const guards = data.candidates.find(({ path }) => path === outcome.wanted)?.guards ?? []
      const why = guards.find(({ guard }) => guard === outcome.guard)?.detail ?? outcome.guard
      return `${where} would move to ${outcome.wanted}${gain(data)}, and stays on ${data.chosen} because of the guard ${outcome.guard}: ${why}.`
    }
    case 'move':
      return moveSentence(data, where, outcome)
  }
}

function moveSentence(
  data: Omit<Explanation, 'sentence'>,
  where: string,
  { cause, from, to }: Extract<Outcome, { kind: 'move' }>,
): string {
  const target = data.candidates.find(({ path }) => path === to)
  const left = data.candidates.find(({ path }) => path === from)
  switch (cause) {
    case 'gain':
      return `${where} moves from ${from} to ${to}${gain(data)}: ${evidence(target)}${worth(target)}.`
    case 'revert':
      return `${where} goes back from ${from} to ${to}, because the gain of the last move did not last (${signed(data.realisedGainMs)} ms since): ${evidence(target)}.`
    case 'blackhole':
      return `${where} leaves ${from} for ${to} at once: ${from} lost ${left?.lossStreak ?? 0} probes in a row, ${percent(left?.lossRatio)} of its last 20, while ${to} answers in ${ms(target?.costMs)}.`
    case 'gone':
      return `${where} is back on BGP's choice ${to}: ${from} is no longer among its paths.`
  }
}

/** @param incumbent undefined where nothing is chosen yet */
export function flipsWhen(data: Omit<CandidateExplanation, 'flips'>, incumbent: Arm | undefined): string {
  if (data.chosen) return 'It is the path in use; another one flips it.'
  const stopped = data.guards.find(({ passed }: GuardAnswer) => !passed)
  if (stopped !== undefined) return `Nothing before ${stopped.guard} allows it: ${stopped.detail ?? ''}.`
  const missing = Math.max(0, data.thresholdMsMin - data.statisticMsMin)
  if (missing === 0 && data.worth === 'too-little') return `A gain that is larger or goes on: ${tooLittle(data)}.`
  if (incumbent === undefined || incumbent.costMs === null || data.costMs === null)
    return 'Its next batches, once both paths are measured.'
  const gainMs = incumbent.costMs - data.costMs
  if (gainMs > 0)
    return `${Math.ceil(missing / gainMs)} more minutes of a cost ${ms(gainMs)} below ${incumbent.path}'s.`
  return `A cost 10 ms below ${incumbent.path}'s for ${Math.ceil(missing / 10)} minutes; now it is ${ms(-gainMs)} above.`
}

function strongest(candidates: readonly CandidateExplanation[]): string {
  const [best] = candidates.filter(({ chosen }) => !chosen).toSorted((a, b) => b.statisticMsMin - a.statisticMsMin)
  return best === undefined
    ? 'it is the only candidate'
    : `of the others ${best.path} has most to say for it, ${evidence(best)}${worth(best)}`
}

function evidence(candidate: CandidateExplanation | undefined): string {
  if (candidate === undefined) return 'no evidence'
  const { statisticMsMin, thresholdMsMin, thresholdFrom } = candidate
  return `${Math.round(statisticMsMin)} ms·min of evidence against a threshold of ${Math.round(thresholdMsMin)} (set by the ${thresholdFrom})`
}

/** Why a move is worth its price, or not, once the evidence is there. */
function worth(candidate: CandidateExplanation | undefined): string {
  if (candidate === undefined || candidate.statisticMsMin <= candidate.thresholdMsMin) return ''
  switch (candidate.worth) {
    case 'expected':
      return `, and ${Math.round(candidate.worthMsMin)} more are to be expected`
    case 'new':
      return ', and these paths do not differ so by themselves'
    case 'lasted':
      return ', which is many times the price of a move'
    case 'too-little':
      return `, but ${tooLittle(candidate)}`
  }
}

function tooLittle({ worthMsMin, priceMsMin, lastingMin }: Omit<CandidateExplanation, 'flips'>): string {
  return `only ${Math.round(worthMsMin)} more are to be expected, and a move has a price of ${Math.round(priceMsMin)}: such differences last ${minutes(lastingMin)}`
}

function minutes(value: number): string {
  return value < 120 ? `${Math.round(value)} minutes` : `${Math.round(value / 60)} hours`
}

function gain({ expectedGainMs }: Omit<Explanation, 'sentence'>): string {
  return expectedGainMs === undefined ? '' : ` for ${ms(expectedGainMs)} less`
}

function ms(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'unknown time'
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

function signed(value: number | undefined): string {
  return value === undefined ? 'unknown' : `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}`
}

function percent(ratio: number | undefined): string {
  return ratio === undefined ? 'an unknown share' : `${Math.round(ratio * 100)} %`
}
