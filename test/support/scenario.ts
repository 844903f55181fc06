/**
 * Scenarios as text: commands, with the output expected beneath. A scenario names a fleet, says what people, time and
 * daemons do, and shows what the planner makes of it. Review, plan and explain are the real ones; the fleet pretends.
 *
 *   fleet fra:eu sin:asia [--drain 2s]       who there is (POP:area); one speaker `fra-1` at each POP
 *   publish PREFIX --at eu,sin [--except fra] [--med N] [--floor N] [--force]     withdraw PREFIX [--at fra] [--force]
 *   publish … --staged sin/tyo/ams,fra     the same in stages     rollout next|back     a stage more, or all of it back
 *   drain fra [--grace 2s] [--until-idle 5% [--at-most 10m]] [--for 1h] [--force]     undrain fra
 *   traffic fra 900 (told now)     watch     automation looks whether the traffic of drains is gone
 *   freeze [--for 1h]     unfreeze     adopt PREFIX fra
 *   lose documents     a store that lost every Prefix document, unreviewed     new epoch     another, empty store
 *   plan (decides)     show plan (does not)     show rib     show settled     explain PREFIX [POP]
 *   apply fra|all      speaker fra unknown|up|restart     rib fra delete|add PREFIX     advance 2s
 *   rest               left alone until nothing moves any more
 */
import { attributesOf } from '../../src/bgp/path.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type IdleMemory, decideIdle } from '../../src/health/drain-idle.ts'
import type { TrafficFigure } from '../../src/health/traffic.ts'
import type { DocumentChange, DocumentKey } from '../../src/intent/document.ts'
import type { Drain, Freeze, Intent, PopId, Selector, SpeakerId } from '../../src/intent/model.ts'
import type { Rollout } from '../../src/intent/rollout.ts'
import { idleBoundOf } from '../../src/intent/schema/quantity.ts'
import { explainPrefix } from '../../src/plan/explain.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { reviewChange } from '../../src/plan/review.ts'
import { announce, drain, epoch, freeze, intent, neighbor, pop, rollout } from './builders.ts'
import { foreignPath } from './pretend-fleet.ts'
import { PretendHerald } from './pretend-herald.ts'
import { takeStep } from './pretend-rollouts.ts'

type Flags = ReadonlyMap<string, string>

export class Scenario {
  #herald = new PretendHerald(intent({ revision: 0, network: 'none' }))
  readonly #traffic = new Map<PopId, TrafficFigure>()
  #idle: IdleMemory = new Map()

  /** Runs one command; answers what it prints, line by line. */
  run(command: string): readonly string[] {
    const { words, flags } = split(command)
    const [verb = '', first = '', second = '', third = ''] = words
    switch (verb) {
      case 'fleet':
        return this.#fleet(words.slice(1), flags)
      case 'publish':
        return this.#publish(first as Prefix, flags)
      case 'withdraw':
        return this.#withdraw(first as Prefix, flags)
      case 'rollout':
        return this.#rollOut(first, flags)
      case 'drain':
        return this.#drain(first, flags)
      case 'undrain':
        return this.#change(`Drain/${first}-drain`, { drains: without(this.#intent.drains, `${first}-drain`) }, flags)
      case 'traffic':
        this.#traffic.set(first as PopId, { amount: Number(second), atMs: this.#herald.nowMs })
        return []
      case 'watch':
        return this.#watch()
      case 'freeze':
        return this.#freeze(flags)
      case 'unfreeze':
        return this.#change('Freeze/freeze', { freezes: new Map<string, Freeze>() }, flags)
      case 'adopt':
        this.#herald.fleet.adoptable.add(`${speakerOf(second)} ${first}`)
        return []
      case 'lose':
        this.#herald.intent = { ...this.#intent, prefixes: new Map(), revision: this.#intent.revision + 1 }
        this.#herald.allowance = 0
        return []
      case 'new':
        this.#herald.fleet.startEpoch(epoch + 1)
        return []
      case 'plan':
        return showPlan(this.#herald.look())
      case 'rest':
        this.#herald.rest()
        this.#herald.allowance = 0
        return []
      case 'show':
        return this.#show(first)
      case 'explain':
        return explainPrefix(this.#herald.input, first as Prefix, second === '' ? undefined : (second as PopId))
          .sentences
      case 'advance':
        this.#herald.nowMs += milliseconds(first)
        return []
      case 'apply':
        for (const id of first === 'all' ? this.#herald.fleet.speakers() : [speakerOf(first)])
          this.#herald.fleet.apply(id)
        return []
      case 'speaker':
        return this.#speaker(speakerOf(first), second)
      case 'rib':
        this.#herald.fleet.edit(speakerOf(first), third as Prefix, second === 'add' ? foreignPath : undefined)
        return []
      default:
        throw new Error(`no such command: ${command}`)
    }
  }

  get #intent(): Intent {
    return this.#herald.intent
  }

  #fleet(places: readonly string[], flags: Flags): readonly string[] {
    const pops = places.map((place) => {
      const [id = '', area = 'world'] = place.split(':')
      return pop(id, {
        area,
        nextHop: { ipv6: '2001:db8::1' as never },
        neighbors: [neighbor(`${id}-isp`, { kind: 'peer' })],
      })
    })
    const drainSeconds = milliseconds(flags.get('drain') ?? '0s') / 1000
    this.#herald = new PretendHerald(intent({ pops, network: { drainSeconds } }), 0)
    this.#herald.allowance = 0
    return []
  }

  #publish(prefix: Prefix, flags: Flags): readonly string[] {
    const floor = flags.get('floor')
    const announcement = announce(prefix, {
      at: list(flags.get('at') ?? 'all'),
      except: list(flags.get('except')),
      attributes: flags.has('med') ? { med: Number(flags.get('med')) } : {},
      ...(floor !== undefined && { floor: Number(floor) }),
    })
    const prefixes = new Map(this.#intent.prefixes).set(prefix, announcement)
    const staged = flags.get('staged')
    if (staged === undefined) return this.#change(`Prefix/${prefix}`, { prefixes }, flags)
    const stages = staged.split('/').map(list)
    const begun = rollout(this.#intent.prefixes.get(prefix), stages, { prefix, startedAtMs: this.#herald.nowMs })
    return this.#change(`Prefix/${prefix}`, { prefixes, rollouts: new Map([[begun.id, begun]]) }, flags)
  }

  /** Moves the one staged change there is, as advancing and rolling back change the documents. */
  #rollOut(where: string, flags: Flags): readonly string[] {
    const [running] = this.#intent.rollouts.values()
    if (running === undefined) throw new Error('no staged change runs')
    const { intent, nowMs } = this.#herald
    const step =
      where === 'back' ? ({ kind: 'rollback', reason: '' } as const) : ({ kind: 'done', reason: '' } as const)
    const { prefixes, rollouts } = takeStep(intent, running, step, nowMs)
    const after = rollouts.get(running.id)
    const changes: DocumentChange[] = [
      { key: `Rollout/${running.id}`, before: specOf(running), after: after && specOf(after) },
    ]
    if (where === 'back')
      for (const [prefix, was] of running.before)
        changes.push({ key: `Prefix/${prefix}`, before: {}, after: was && { at: was.at } })
    return this.#commit({ prefixes, rollouts }, changes, flags)
  }

  #withdraw(prefix: Prefix, flags: Flags): readonly string[] {
    const { prefixes } = this.#intent
    const at = flags.get('at')
    const standing = prefixes.get(prefix)
    if (at === undefined || standing === undefined)
      return this.#change(`Prefix/${prefix}`, { prefixes: without(prefixes, prefix) }, flags, [prefix])
    const narrowed = { ...standing, except: [...standing.except, ...(list(at) as Selector[])] }
    return this.#change(`Prefix/${prefix}`, { prefixes: new Map(prefixes).set(prefix, narrowed) }, flags, [prefix])
  }

  #drain(at: string, flags: Flags): readonly string[] {
    const one: Drain = drain(at, {
      ...this.#times(flags),
      graceSeconds: milliseconds(flags.get('grace') ?? '0s') / 1000,
      forced: flags.has('force'),
      ...this.#untilIdle(flags),
    })
    return this.#change(`Drain/${one.id}`, { drains: new Map(this.#intent.drains).set(one.id, one) }, flags)
  }

  #untilIdle(flags: Flags): Pick<Drain, 'untilIdle'> {
    const below = idleBoundOf(flags.get('until-idle') ?? '')
    if (below === undefined) return {}
    const from = new Map([...this.#traffic].map(([pop, { amount }]) => [pop as string, amount]))
    return { untilIdle: { below, atMostSeconds: milliseconds(flags.get('at-most') ?? '10m') / 1000, from } }
  }

  #watch(): readonly string[] {
    const figures = { pops: this.#traffic, neighbors: new Map() }
    const { idle, memory } = decideIdle(this.#intent, figures, this.#idle, this.#herald.nowMs)
    this.#idle = memory
    return idle.flatMap(({ drain, reason }) => {
      const idleAtMs = this.#herald.nowMs
      const drains = new Map(this.#intent.drains).set(drain.id, { ...drain, idleAtMs })
      return [`idle: ${reason}`, ...this.#change(`Drain/${drain.id}`, { drains }, new Map())]
    })
  }

  #freeze(flags: Flags): readonly string[] {
    const one = freeze(this.#times(flags))
    return this.#change(`Freeze/${one.id}`, { freezes: new Map([[one.id, one]]) }, flags)
  }

  #times(flags: Flags): { readonly startedAtMs: number; readonly expiresAtMs?: number } {
    const { nowMs } = this.#herald
    const span = flags.get('for')
    return { startedAtMs: nowMs, ...(span !== undefined && { expiresAtMs: nowMs + milliseconds(span) }) }
  }

  #change(key: DocumentKey, change: Partial<Intent>, flags: Flags, named: readonly Prefix[] = []): readonly string[] {
    return this.#commit(change, [{ key, before: undefined, after: {} }], flags, named)
  }

  #commit(
    change: Partial<Intent>,
    changes: readonly DocumentChange[],
    flags: Flags,
    named: readonly Prefix[] = [],
  ): readonly string[] {
    const before = this.#intent
    const after: Intent = { ...before, ...change, revision: before.revision + 1 }
    const { moment } = this.#herald.input
    const force = flags.has('force')
    const review = reviewChange(before, after, { changes, named: new Set(named), force, moment })
    if (review.refusals.length > 0) return review.refusals.map(({ guard, message }) => `refused (${guard}): ${message}`)
    this.#herald.intent = after
    this.#herald.allowance += review.removes
    const { announcementsBefore, announcementsAfter, overridden } = review
    const forced = overridden.length === 0 ? '' : `, forced ${overridden.join(', ')}`
    return [`revision ${after.revision}: ${announcementsBefore} → ${announcementsAfter} announcements${forced}`]
  }

  #speaker(id: SpeakerId, what: string): readonly string[] {
    const { fleet } = this.#herald
    if (what === 'unknown') fleet.lose(id)
    else if (what === 'up') fleet.find(id)
    else fleet.restart(id)
    return []
  }

  #show(what: string): readonly string[] {
    if (what === 'plan') return showPlan(this.#herald.plan())
    if (what === 'settled') return [...this.#herald.plan().settled].map(([prefix, settled]) => `${prefix} ${settled}`)
    const { fleet } = this.#herald
    const lines = fleet.speakers().flatMap((id) =>
      [...fleet.rib(id)].map(([prefix, attributes]) => {
        const { med, communities, largeCommunities } = attributesOf(attributes)
        const words = [
          ...(med === undefined ? [] : [`med ${med}`]),
          ...communities,
          ...(largeCommunities.length === 0 ? ['not ours'] : []),
        ]
        return [id, prefix, ...words].join(' ')
      }),
    )
    return lines.length === 0 ? ['no routes'] : lines.toSorted()
  }
}

/** As much of the documents as review looks at. */
function specOf({ before, stages, stage, stageAtMs }: Rollout): object {
  const prefixes = [...before].map(([prefix, was]) => ({
    prefix,
    ...(was !== undefined && { before: { at: was.at } }),
  }))
  return { prefixes, stages, stage, stageAtMs }
}

function showPlan({ actions, held, warnings, settled }: Plan): readonly string[] {
  const lines = [
    ...actions.map(({ kind, prefix, speaker, because }) => `${kind} ${prefix} ${speaker}: ${because}`),
    ...held.map(({ reason, prefix, speaker, detail }) => `held (${reason}) ${prefix} ${speaker}: ${detail}`),
    ...warnings.map(({ code, message }) => `warning (${code}): ${message}`),
  ]
  return lines.length === 0 ? [[...new Set(settled.values())].join(', ')] : lines
}

function split(command: string): { readonly words: readonly string[]; readonly flags: Flags } {
  const words: string[] = []
  const flags = new Map<string, string>()
  const parts = command.split(/\s+/)
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (part === '--force') flags.set('force', '')
    else if (part.startsWith('--')) flags.set(part.slice(2), parts[++i] ?? '')
    else words.push(part)
  }
  return { words, flags }
}

function speakerOf(pop: string): SpeakerId {
  return `${pop}-1` as SpeakerId
}

function list(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',')
}

function milliseconds(text: string): number {
  const unit = { s: 1000, m: 60_000, h: 3_600_000 }[text.at(-1) ?? '']
  if (unit === undefined) throw new Error(`not a span of time: ${text}`)
  return Number(text.slice(0, -1)) * unit
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
