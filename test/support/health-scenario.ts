/**
 * Scenarios of monitoring as text, on pretended agents (test/support/pretend-monitoring); all decisions are the real ones.
 *
 *   fleet ams:eu fra:eu [--lines a,b]           POPs, each with lines `ams-a`, `ams-b`; an agent `ams` at each
 *   vantage lon nyc                             agents outside of all POPs
 *   check dns [--from local|vantage] [--subject neighbor] [--fall 3] [--rise 2] [--quorum 2] [--hold 10s]
 *   prefix P [--at eu] [--checks dns,lines] [--floor N] [--action drain] [--neighbor-action prepend] [--backup sin]
 *          [--cover P] [--stages 3,1] [--stage 5s] [--hold 10s] [--lease 60s]
 *   map pop-down PopDown                        an AlertMapping by alertname, whose label `pop` names the POP
 *   probe fra dns fail|ok|silent|unknown [by AGENT]      what probes give from now on; `all` for every POP
 *   line fra-a fail|ok      agent lon fail|ok|silent (all it probes)      clock lon 1h
 *   session fra-a down|up
 *   alert PopDown fra firing|resolved           speaker fra unread|read   traffic fra 40/100
 *   rollout P [--at all] [--med 50] [--canary ams] [--settle 5s] [--give-up 60s] [--breaks dns]      a staged change, which may
 *                         break a service wherever it is out
 *   drain fra   freeze   unfreeze   go   restart (the controller)   controller gone|back
 *   advance 5s            one round of probes a second; prints what changes, and when
 *   show verdicts|overlays|refused|alarms|routes
 */
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type AlarmChange, alarmDurations } from '../../src/health/alarm.ts'
import { type HealthGuards, allHealthGuards } from '../../src/health/guards.ts'
import { penaltyAt } from '../../src/health/penalty.ts'
import { placeText } from '../../src/health/verdict.ts'
import type { Drain, Intent, NeighborId, PopId, Selector } from '../../src/intent/model.ts'
import type { Check } from '../../src/intent/monitoring.ts'
import { outPops } from '../../src/intent/rollout.ts'
import { agent, announce, check, drain, failoverPolicy, freeze, intent, neighbor, pop } from './builders.ts'
import { type Outcome, PretendMonitoring } from './pretend-monitoring.ts'
import { beginRollout } from './pretend-rollouts.ts'
import { type Flags, list, milliseconds, split } from './scenario-words.ts'

export class HealthScenario {
  readonly #guards: HealthGuards
  readonly #review: PretendMonitoring['review']
  #world: PretendMonitoring
  #breaks = ''

  /** @param guards, review for the tests that show what happens without one */
  constructor(guards: HealthGuards = allHealthGuards, review: PretendMonitoring['review'] = 'on') {
    this.#guards = guards
    this.#review = review
    this.#world = this.#worldOf(intent())
  }

  /** Runs one command; answers what it prints, line by line. */
  run(command: string): readonly string[] {
    const { words, flags } = split(command)
    const [verb = '', first = '', second = '', third = '', fourth = ''] = words
    const world = this.#world
    switch (verb) {
      case 'fleet':
        return this.#fleet(words.slice(1), flags)
      case 'vantage':
        for (const name of words.slice(1)) this.#set('agents', name, agent(name, 'vantage'))
        return []
      case 'check':
        this.#set('checks', first, checkOf(first, flags))
        return []
      case 'prefix':
        this.#set('prefixes', first, prefixOf(first, flags))
        return []
      case 'map': {
        const match = new Map([['alertname', [second]]])
        this.#set('alertMappings', first, { id: first as never, match, pop: '{pop}', severity: 'critical' })
        return []
      }
      case 'probe':
        return this.#probe(first, second, third as Outcome, fourth === 'by' ? words[5] : undefined)
      case 'line':
        world.script.set(`neighbor/${first.slice(0, first.lastIndexOf('-'))}/${first}`, second as Outcome)
        return []
      case 'session':
        if (second === 'down') world.down.add(first as NeighborId)
        else world.down.delete(first as NeighborId)
        return []
      case 'agent':
        if (second === 'ok') world.script.delete(first)
        else world.script.set(first, second as Outcome)
        return []
      case 'clock':
        world.clockErrors.set(first, milliseconds(second))
        return []
      case 'alert': {
        const labels = { alertname: first, pop: second }
        const status = third as 'firing' | 'resolved'
        const before = this.#standing()
        const changes = world.alert({ fingerprint: `${first} ${second}`, status, labels, summary: `${second} is down` })
        return this.#news(before, changes)
      }
      case 'speaker':
        if (second === 'unread') world.unread.add(first as PopId)
        else world.unread.delete(first as PopId)
        return []
      case 'traffic': {
        const [load = 0, capacity = 0] = second.split('/').map(Number)
        world.traffic.set(first as PopId, { load, capacity })
        return []
      }
      case 'drain': {
        const one: Drain = drain(first, { startedAtMs: world.nowMs })
        this.#set('drains', one.id, one)
        return []
      }
      case 'freeze':
        this.#set('freezes', 'freeze', freeze({ startedAtMs: world.nowMs }))
        return []
      case 'unfreeze':
        world.intent = { ...world.intent, freezes: new Map() }
        return []
      case 'go': {
        world.goAtMs = world.nowMs
        const before = this.#standing()
        return this.#news(before, world.decide())
      }
      case 'rollout':
        return this.#rollOut(first as Prefix, flags)
      case 'controller':
        world.goneSinceMs = first === 'gone' ? world.nowMs : undefined
        // The planner puts back what agents took back.
        if (first === 'back') world.takenBack.clear()
        return []
      case 'restart':
        world.restart()
        return []
      case 'advance':
        return this.#advance(milliseconds(first))
      case 'show':
        return this.#show(first)
      default:
        throw new Error(`no such command: ${command}`)
    }
  }

  get world(): PretendMonitoring {
    return this.#world
  }

  #fleet(places: readonly string[], flags: Flags): readonly string[] {
    const lines = list(flags.get('lines') ?? 'a')
    const pops = places.map((place) => {
      const [id = '', area = 'world'] = place.split(':')
      return pop(id, { area, neighbors: lines.map((name) => neighbor(`${id}-${name}`)) })
    })
    const agents = places.map((place) => place.split(':')[0]!).map((id) => agent(id, id))
    this.#world = this.#worldOf(intent({ pops, agents, revision: 0 }))
    return []
  }

  #worldOf(intent: Intent): PretendMonitoring {
    const world = new PretendMonitoring(intent, 0, this.#guards)
    world.review = this.#review
    return world
  }

  #set(
    map: 'agents' | 'checks' | 'prefixes' | 'alertMappings' | 'drains' | 'freezes',
    id: string,
    value: object,
  ): void {
    const { intent } = this.#world
    const changed = new Map<string, object>(intent[map] as ReadonlyMap<string, object>).set(id, value)
    this.#world.intent = { ...intent, [map]: changed, revision: intent.revision + 1 }
    this.#world.configure()
  }

  #probe(at: string, name: string, outcome: Outcome, by: string | undefined): readonly string[] {
    const { script, intent } = this.#world
    for (const pop of at === 'all' ? intent.pops.keys() : at.split(','))
      script.set(`${by === undefined ? '' : `${by} `}service/${pop}/${name}`, outcome)
    return []
  }

  #advance(ms: number): readonly string[] {
    const printed: string[] = []
    for (let passed = 0; passed < ms; passed += 1000) {
      const news = this.#world.goneSinceMs === undefined ? this.#tick() : this.#tickAlone()
      const at = `${this.#world.nowMs / 1000}s`
      printed.push(...news.map((line) => `${at.padStart(5)}  ${line}`))
    }
    return printed
  }

  #tick(): readonly string[] {
    const before = this.#standing()
    const changes = this.#world.tick()
    return [...this.#news(before, changes), ...this.#followRollout()]
  }

  #tickAlone(): readonly string[] {
    return this.#world.tickAlone().map((route) => `taken back by its agent: ${route}`)
  }

  #rollOut(prefix: Prefix, flags: Flags): readonly string[] {
    const { intent } = this.#world
    const was = intent.prefixes.get(prefix)
    const med = flags.get('med')
    const announcement = {
      ...(was ?? prefixOf(prefix, flags)),
      ...(flags.has('at') && { at: list(flags.get('at')) as Selector[] }),
      ...(med !== undefined && { attributes: { med: Number(med) } }),
    }
    const begun = beginRollout(this.#world, announcement, {
      canary: list(flags.get('canary')) as PopId[],
      settleMs: milliseconds(flags.get('settle') ?? '5s'),
      giveUpMs: milliseconds(flags.get('give-up') ?? '60s'),
    })
    if (begun.unwatched.length > 0) return [`refused: nothing watches ${begun.unwatched.join(', ')}`]
    this.#breaks = flags.get('breaks') ?? ''
    this.#world.intent = begun.intent
    this.#break()
    const stages = begun.rollout.stages.map((pops) => pops.join(', '))
    return [`rollout: ${stages.join(' → ')}`]
  }

  /** The change breaks the service wherever it is out, and taking it back mends it. */
  #break(): void {
    if (this.#breaks === '') return
    const [rollout] = this.#world.intent.rollouts.values()
    const broken = rollout === undefined ? new Set<PopId>() : outPops(rollout)
    for (const pop of this.#world.intent.pops.keys())
      this.#probe(pop, this.#breaks, broken.has(pop) ? 'fail' : 'ok', undefined)
    if (rollout === undefined) this.#breaks = ''
  }

  #followRollout(): readonly string[] {
    this.#break()
    return this.#world.told.splice(0)
  }

  #standing(): ReadonlyMap<string, string> {
    return new Map(
      this.#world.decision.overlays.map((overlay) => {
        const { prefix, place, action, prepend } = overlay
        return [`${prefix} ${placeText(place)}`, action === 'prepend' ? `prepend ${prepend}` : action]
      }),
    )
  }

  /** What alarms and overlays do now that they did not before. */
  #news(before: ReadonlyMap<string, string>, changes: readonly AlarmChange[]): readonly string[] {
    const after = this.#standing()
    const alarms = changes.flatMap(({ before: was, after: is }) => {
      if (is === undefined || was?.state === is.state) return []
      return [is.state === 'resolved' ? `resolved ${is.id}` : `${is.state} ${is.id}: ${is.message}`]
    })
    const lines = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
      const is = after.get(key)
      if (is === before.get(key)) return []
      return [is === undefined ? `plain ${key}` : `${is} ${key}`]
    })
    return [...alarms, ...lines]
  }

  #show(what: string): readonly string[] {
    const { decision, verdicts, alarms, intent, nowMs } = this.#world
    const lines = {
      verdicts: () =>
        [...verdicts.all.values()].map(({ subject, state, reason, penalty }) => {
          const left = Math.round(penaltyAt(penalty, nowMs))
          return `${state} ${subject}: ${reason}${left === 0 ? '' : ` (penalty ${left})`}`
        }),
      overlays: () =>
        decision.overlays.map((one) => `${one.action} ${one.prefix} ${placeText(one.place)}: ${one.reason}`),
      refused: () =>
        decision.refused.map(({ guard, wanted, prefix, place, message, untilMs }) => {
          const until = untilMs === undefined ? '' : `, until ${Math.ceil(untilMs / 1000)}s`
          return `${wanted} (${guard}) ${prefix} ${placeText(place)}: ${message}${until}`
        }),
      alarms: () =>
        [...alarms.values()].map((alarm) => {
          const { firingMs } = alarmDurations(alarm, nowMs)
          return `${alarm.state} ${alarm.id} for ${firingMs / 1000} s: ${alarm.message}`
        }),
      routes: () =>
        [...intent.prefixes.keys()].map((prefix) => {
          const pops = [...this.#world.announced(prefix)].sort()
          return `${prefix} at ${pops.length === 0 ? 'no POP' : pops.join(', ')}`
        }),
    }[what]
    if (lines === undefined) throw new Error(`nothing to show: ${what}`)
    const shown = lines().toSorted()
    return shown.length === 0 ? [`no ${what}`] : shown
  }
}

function checkOf(name: string, flags: Flags): Check {
  const quorum = flags.get('quorum')
  return check(name, {
    subject: (flags.get('subject') ?? 'service') as Check['subject'],
    from: (flags.get('from') ?? 'local') as 'local',
    fall: Number(flags.get('fall') ?? 3),
    rise: Number(flags.get('rise') ?? 2),
    holdDownMs: milliseconds(flags.get('hold') ?? '10s'),
    ...(quorum !== undefined && { quorum: Number(quorum) }),
  })
}

function prefixOf(prefix: string, flags: Flags) {
  const floor = flags.get('floor')
  const cover = flags.get('cover')
  const holdDown = flags.get('hold')
  const lease = flags.get('lease')
  const checks = list(flags.get('checks') ?? 'dns')
  return announce(prefix, {
    at: list(flags.get('at') ?? 'all'),
    ...(floor !== undefined && { floor: Number(floor) }),
    ...(flags.get('automation') !== 'none' && {
      failover: failoverPolicy(checks, {
        action: (flags.get('action') ?? 'withdraw') as 'withdraw',
        neighborAction: (flags.get('neighbor-action') ?? 'withhold') as 'withhold',
        backup: list(flags.get('backup')) as Selector[],
        ...(cover !== undefined && { cover: cover as Prefix }),
        ...(holdDown !== undefined && { holdDownMs: milliseconds(holdDown) }),
        ...(lease !== undefined && { lease: { policy: 'withdraw', afterMs: milliseconds(lease) } }),
        return: {
          prepends: list(flags.get('stages')).map(Number) as (1 | 2 | 3)[],
          stageMs: milliseconds(flags.get('stage') ?? '5s'),
        },
      }),
    }),
  })
}
