/** Looks once at whether an expectation holds, and says what is instead. */
import type { RefusalView } from '../../api/wire/automation.ts'
import type { VerdictView } from '../../api/wire/alarm.ts'
import { fleetTrouble, readAlarms, readAutomation, readChecks, readLearner } from '../controller.ts'
import type { Traffic } from '../traffic/traffic.ts'
import { alarmsText, isOpen, matches } from './alarm-match.ts'
import type { Expectation } from './expectation.ts'
import type { Verdict } from './judge.ts'
import type { Stage } from './stage.ts'
import { holds } from './words.ts'

/** What `expect catchment` looks at: [now - 400, now - 100); answers are here by then. */
const lookBackMs = 400
const notYetMs = 100

/** Those of the last `try` are looked at by the player. */
export type Looked = Exclude<Expectation, { readonly kind: 'exit' | 'output' }>

/** Expectations that start a command of the controller: looking too often would be what is measured. */
export function asksController({ kind }: Expectation): boolean {
  return !['catchment', 'route', 'rtt', 'exit', 'output'].includes(kind)
}

export async function look(stage: Stage, expectation: Looked): Promise<Verdict> {
  switch (expectation.kind) {
    case 'catchment':
      return lookAtCatchment(stage.traffic, expectation.client, expectation.pop)
    case 'route':
      return lookAtRoute(stage, expectation)
    case 'rtt':
      return lookAtRtt(stage.traffic, expectation)
    case 'learned':
      return lookAtLearned(stage, expectation)
    case 'fleet-well': {
      const trouble = await fleetTrouble(stage.lab)
      return { ok: trouble === undefined, measured: trouble ?? 'every speaker and session' }
    }
    case 'checks-well':
    case 'check':
      return lookAtChecks(stage, expectation)
    case 'alarm': {
      const alarms = await readAlarms(stage.lab)
      if (alarms instanceof Error) return unanswered(alarms)
      const open = alarms.filter((alarm) => isOpen(alarm) && matches(expectation.match, alarm))
      return { ok: open.length > 0 === expectation.open, measured: alarmsText(open) }
    }
    case 'refused': {
      const automation = await readAutomation(stage.lab)
      if (automation instanceof Error) return unanswered(automation)
      const { guard, place } = expectation
      const found = automation.refusals.filter(
        (refusal) => refusal.guard === guard && (place === undefined || refusal.place.name === place),
      )
      const told = found.length > 0 ? found : automation.refusals
      return { ok: found.length > 0, measured: told.map(refusalText).join('\n') || 'nothing is refused' }
    }
  }
}

function unanswered({ message }: Error): Verdict {
  return { ok: false, measured: message }
}

function lookAtCatchment(traffic: Traffic, client: string, pop: string | undefined): Verdict {
  const nowMs = Date.now()
  const seen = traffic.logs
    .filter((log) => log.client === client && log.flow.startsWith('udp'))
    .map(({ flow, intervalMs, between }) => {
      const answered = between(nowMs - lookBackMs, nowMs - notYetMs).filter(({ rttMs }) => rttMs !== undefined)
      const by = [...new Set(answered.map((packet) => packet.pop ?? 'unnamed'))]
      const enough = answered.length >= (0.8 * (lookBackMs - notYetMs)) / intervalMs
      return { flow, by, ok: pop === undefined ? answered.length === 0 : enough && by.join() === pop }
    })
  const measured = seen.map(({ flow, by }) => `${flow} by ${by.join(' and ') || 'nobody'}`).join(', ')
  return { ok: seen.length > 0 && seen.every(({ ok }) => ok), measured }
}

function lookAtRtt(traffic: Traffic, { client, bound }: Extract<Expectation, { readonly kind: 'rtt' }>): Verdict {
  const nowMs = Date.now()
  const medians = traffic.logs
    .filter((log) => log.client === client && log.flow.startsWith('udp'))
    .map(({ flow, between }) => {
      const rtts = between(nowMs - lookBackMs, nowMs - notYetMs).flatMap(({ rttMs }) => rttMs ?? [])
      return { flow, rttMs: rtts.toSorted((a, b) => a - b)[rtts.length >> 1] }
    })
  const measured = medians.map(
    ({ flow, rttMs }) => `${flow} ${rttMs === undefined ? 'unanswered' : `${rttMs.toFixed(1)} ms`}`,
  )
  const ok = medians.length > 0 && medians.every(({ rttMs }) => rttMs !== undefined && holds(bound, rttMs))
  return { ok, measured: measured.join(', ') || `${client} sends nothing` }
}

async function lookAtLearned(
  { lab }: Stage,
  { place, choice }: Extract<Expectation, { readonly kind: 'learned' }>,
): Promise<Verdict> {
  const learner = await readLearner(lab, place)
  if (learner instanceof Error) return unanswered(learner)
  const [found] = learner.places
  const stands = found?.preferred?.by === 'learner' && found.preferred.path === choice && found.chosen === choice
  const settled = found?.med === undefined || found.med.state === 'settled'
  return {
    ok: stands && settled,
    measured: learner.decisions[0]?.sentence ?? `${found?.chosen ?? 'nothing'} is chosen`,
  }
}

interface KernelRoute {
  readonly gateway?: string
  readonly nexthops?: readonly { readonly gateway?: string }[]
}

async function lookAtRoute(
  { lab, addresses }: Stage,
  { node, prefix, via }: Extract<Expectation, { readonly kind: 'route' }>,
): Promise<Verdict> {
  const family = prefix.includes(':') ? '-6' : '-4'
  const { code, stdout, stderr } = await lab.exec(node, ['ip', family, '-j', 'route', 'show', prefix])
  if (code !== 0) return { ok: false, measured: stderr.trim() }
  const routes = JSON.parse(stdout === '' ? '[]' : stdout) as readonly KernelRoute[]
  const hops = routes
    .flatMap(({ gateway, nexthops = [] }) => [gateway, ...nexthops.map((hop) => hop.gateway)])
    .flatMap((hop) => (hop === undefined ? [] : [addresses.get(hop)?.node ?? hop]))
  return { ok: via === undefined ? routes.length === 0 : hops.join() === via, measured: hops.join(' and ') || 'none' }
}

async function lookAtChecks(
  { lab }: Stage,
  expectation: Extract<Expectation, { readonly kind: 'checks-well' | 'check' }>,
): Promise<Verdict> {
  const checks = await readChecks(lab)
  if (checks instanceof Error) return unanswered(checks)
  if (expectation.kind === 'checks-well') {
    const wrong = checks.filter(({ state }) => state !== 'healthy')
    const well = checks.length > 0 && wrong.length === 0
    return {
      ok: well,
      measured: well ? `${checks.length} healthy` : wrong.map(checkText).join('\n') || 'no verdict yet',
    }
  }
  const { check, place, state } = expectation
  const own = checks.filter((one) => one.check === check && one.place.name === place)
  const isSo = (one: VerdictView): boolean =>
    state === 'damped' ? one.penalty.dampedUntil !== undefined : one.state === state
  return { ok: own.length > 0 && own.every(isSo), measured: own.map(checkText).join('\n') || 'no verdict' }
}

function checkText({ state, reason, penalty: { value, dampedUntil } }: VerdictView): string {
  const penalty =
    value === 0 ? '' : ` (penalty ${value}${dampedUntil === undefined ? '' : `, damped until ${dampedUntil}`})`
  return `${state}: ${reason}${penalty}`
}

function refusalText({ title, wanted, message }: RefusalView): string {
  return `${title}, ${wanted}: ${message}`
}
