/**
 * Scenarios as text: commands, with the output expected beneath. A scenario names a fleet, says what people, time and
 * daemons do, and shows what the planner makes of it. Review, plan and explain are the real ones; the fleet pretends.
 *
 *   fleet fra:eu sin:asia [--drain 2s]       who there is (POP:area); one speaker `fra-1` at each POP
 *   publish PREFIX --at eu,sin [--except fra] [--med N] [--floor N] [--force]     withdraw PREFIX [--at fra] [--force]
 *   publish … --staged sin/tyo/ams,fra     the same in stages     rollout next|back     a stage more, or all of it back
 *   drain fra [--grace 2s] [--until-idle 5% [--at-most 10m]] [--shutdown WORD] [--for 1h] [--force]     undrain fra
 *   traffic fra 900 (told now)     watch     automation looks whether the traffic of drains is gone
 *   freeze [--for 1h]     unfreeze     adopt PREFIX fra
 *   publish … [--local-pref N] [--unreviewed]     as a broken hand writes it into the store
 *   prune     every Prefix document that manifests do not have goes; they have none     restore REVISION
 *   lose documents|network     a store that lost every Prefix document, or the Network     new epoch     another, empty one
 *   plan (decides)     show plan (does not)     show rib     show settled     explain PREFIX [POP]
 *   apply fra|all      speaker fra unknown|up|restart|unread     rib fra delete|add PREFIX     advance 2s
 *   learn fra-isp PREFIX [--mark ASN:0:7]     a neighbor announces it     show sent     what every neighbor is sent
 *   refuse fra PREFIX     the daemon takes no such path     adjout fra PREFIX lacks|keeps|agrees
 *   show sessions     neighbors whose sessions are kept shut
 *   steer 192.0.2.0/24     a group of two paths, over fra-bb1 and fra-bb2     prefer fra bb1
 *   offer fra bb1 192.0.2.0/24 [--local-pref N]     retract fra bb1 192.0.2.0/24
 *   rest               left alone until nothing moves any more
 */
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type IdleMemory, decideIdle } from '../../src/health/drain-idle.ts'
import type { TrafficFigure } from '../../src/health/traffic.ts'
import type { DesiredSpeaker } from '../../src/intent/desired.ts'
import type { DocumentChange, DocumentKey } from '../../src/intent/document.ts'
import type { Drain, Freeze, Intent, NeighborId, PopId, Selector, SpeakerId } from '../../src/intent/model.ts'
import type { Rollout } from '../../src/intent/rollout.ts'
import { idleBoundOf } from '../../src/intent/schema/quantity.ts'
import { explainPrefix } from '../../src/plan/explain.ts'
import type { Guards } from '../../src/plan/guards.ts'
import { reviewChange } from '../../src/plan/review.ts'
import { shutSessions } from '../../src/plan/shut-sessions.ts'
import { announce, drain, epoch, freeze, intent, rollout } from './builders.ts'
import { offer, pathGroup, preference } from './steering-builders.ts'
import { foreignPath } from './pretend-fleet.ts'
import { PretendHerald } from './pretend-herald.ts'
import { PretendNeighbors } from './pretend-neighbors.ts'
import { takeStep } from './pretend-rollouts.ts'
import { coreAddresses, fleetOf } from './scenario-fleet.ts'
import {
  type Flags,
  type Words,
  list,
  milliseconds,
  showPlan,
  showRib,
  speakerOf,
  split,
  without,
} from './scenario-words.ts'

/** What a test may switch off, to see the accident. */
export interface Switches {
  readonly guards?: Guards
  /** `off`: whatever is asked for is committed; or `restore` is a word that nobody knows. */
  readonly review?: 'off'
  readonly restore?: 'off'
  /** `off`: daemons have no export policy. */
  readonly exportPolicy?: 'off'
}

export class Scenario {
  readonly #switches: Switches
  #herald = new PretendHerald(intent({ revision: 0, network: 'none' }))
  readonly #neighbors = new PretendNeighbors()
  /** As of each revision. */
  readonly #history = new Map<number, Intent>()
  readonly #shut = new Map<SpeakerId, DesiredSpeaker['shut']>()
  readonly #traffic = new Map<PopId, TrafficFigure>()
  #idle: IdleMemory = new Map()

  constructor(switches: Switches = {}) {
    this.#switches = switches
  }

  /** Runs one command; answers what it prints, line by line. */
  run(command: string): readonly string[] {
    const printed = this.#run(split(command))
    this.#history.set(this.#intent.revision, this.#intent)
    return printed
  }

  #run({ words, flags }: Words): readonly string[] {
    const [verb = '', first = '', second = '', third = ''] = words
    return this.#ask(words, flags) ?? this.#meddle(verb, [first, second, third], flags)
  }

  /** What people, automation and time do. */
  #ask(words: readonly string[], flags: Flags): readonly string[] | undefined {
    const [verb = '', first = '', second = ''] = words
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
      case 'prune':
        return this.#prune(flags)
      case 'restore':
        return this.#restore(Number(first), flags)
      case 'steer':
        return this.#smuggle({ pathGroups: new Map([['origin' as never, pathGroup([first])]]) })
      case 'prefer': {
        const one = preference(first, second)
        return this.#smuggle({ preferences: new Map(this.#intent.preferences).set(one.id, one) })
      }
      case 'plan': {
        const shown = showPlan(this.#herald.look())
        this.#followSessions()
        return shown
      }
      case 'rest':
        this.#herald.rest()
        this.#herald.allowance = 0
        this.#followSessions()
        return []
      case 'show':
        return this.#show(first)
      case 'explain':
        return explainPrefix(this.#herald.input, first as Prefix, second === '' ? undefined : (second as PopId))
          .sentences
      case 'advance':
        this.#herald.nowMs += milliseconds(first)
        return []
      default:
        return undefined
    }
  }

  /** What daemons, neighbors and a broken store do. */
  #meddle(verb: string, [first, second, third]: readonly [string, string, string], flags: Flags): readonly string[] {
    const { fleet } = this.#herald
    const localPref = Number(flags.get('local-pref') ?? 100)
    switch (verb) {
      case 'apply':
        for (const id of first === 'all' ? fleet.speakers() : [speakerOf(first)]) fleet.apply(id)
        return []
      case 'speaker':
        return this.#speaker(speakerOf(first), second)
      case 'rib':
        fleet.edit(speakerOf(first), third as Prefix, second === 'add' ? foreignPath : undefined)
        return []
      case 'refuse':
        fleet.refuse(speakerOf(first), second as Prefix, 'unsupported path attribute')
        return []
      case 'adjout':
        return this.#adjOut(first, second, third)
      case 'learn': {
        const neighbor = this.#intent.neighbors.get(first as NeighborId)
        if (neighbor === undefined) throw new Error(`no neighbor ${first}`)
        this.#neighbors.teach(neighbor, second as Prefix, list(flags.get('mark')))
        return []
      }
      case 'offer':
        fleet.offered.set(`${speakerOf(first)} ${third}`, [
          ...fleet.offers(speakerOf(first), third as Prefix),
          offer(coreAddresses[second as 'bb1'], localPref),
        ])
        return []
      case 'retract':
        fleet.offered.delete(`${speakerOf(first)} ${third}`)
        return []
      case 'lose':
        this.#herald.allowance = 0
        return this.#smuggle(first === 'network' ? { network: undefined } : { prefixes: new Map() })
      case 'new':
        fleet.startEpoch(epoch + 1)
        return []
      default:
        throw new Error(`no such command: ${verb}`)
    }
  }

  get #intent(): Intent {
    return this.#herald.intent
  }

  #fleet(places: readonly string[], flags: Flags): readonly string[] {
    const pops = fleetOf(places, list(flags.get('core')))
    const drainSeconds = milliseconds(flags.get('drain') ?? '0s') / 1000
    this.#herald = new PretendHerald(intent({ pops, network: { drainSeconds } }), 0)
    this.#herald.guards = this.#switches.guards
    this.#herald.allowance = 0
    return []
  }

  #publish(prefix: Prefix, flags: Flags): readonly string[] {
    const floor = flags.get('floor')
    const announcement = announce(prefix, {
      at: list(flags.get('at') ?? 'all'),
      except: list(flags.get('except')),
      attributes: {
        ...(flags.has('med') && { med: Number(flags.get('med')) }),
        ...(flags.has('local-pref') && { localPref: Number(flags.get('local-pref')) }),
      },
      ...(floor !== undefined && { floor: Number(floor) }),
    })
    const prefixes = new Map(this.#intent.prefixes).set(prefix, announcement)
    if (flags.has('unreviewed')) return this.#smuggle({ prefixes })
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
      ...(flags.has('shutdown') && { shutdown: flags.get('shutdown')! }),
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
    const figures = { pops: this.#traffic, neighbors: new Map(), groups: new Map() }
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

  /** As `herald apply --prune` does with manifests that name no Prefix any more. */
  #prune(flags: Flags): readonly string[] {
    const changes = [...this.#intent.prefixes.keys()].map((prefix): DocumentChange => {
      return { key: `Prefix/${prefix}`, before: {}, after: undefined }
    })
    return this.#commit({ prefixes: new Map() }, changes, flags)
  }

  #restore(revision: number, flags: Flags): readonly string[] {
    const earlier = this.#history.get(revision)
    if (earlier === undefined || this.#switches.restore === 'off') return [`no such command: restore ${revision}`]
    return this.#change('Network/network', earlier, flags)
  }

  /** Documents that no review has seen. */
  #smuggle(change: Partial<Intent>): readonly string[] {
    this.#herald.intent = { ...this.#intent, ...change, revision: this.#intent.revision + 1 }
    return []
  }

  #adjOut(pop: string, prefix: string, what: string): readonly string[] {
    const place = `${speakerOf(pop)} ${prefix}`
    const words = { lacks: `${pop}-isp is not sent ${prefix}`, keeps: `${pop}-isp is still sent ${prefix}` }[what]
    if (words === undefined) this.#herald.fleet.disagreeing.delete(place)
    else this.#herald.fleet.disagreeing.set(place, words)
    return []
  }

  /** After each look, as the planner does. */
  #followSessions(): void {
    const { fleet, nowMs } = this.#herald
    for (const id of fleet.speakers())
      this.#shut.set(
        id,
        shutSessions(this.#intent, id, nowMs, fleet.table(id), this.#shut.get(id), this.#switches.guards),
      )
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
    if (review.refusals.length > 0 && this.#switches.review !== 'off')
      return review.refusals.map(({ guard, message }) => `refused (${guard}): ${message}`)
    this.#herald.intent = after
    this.#herald.allowance += review.removes
    const { announcementsBefore, announcementsAfter, overridden } = review
    const forced = overridden.length === 0 ? '' : `, forced ${overridden.join(', ')}`
    return [`revision ${after.revision}: ${announcementsBefore} → ${announcementsAfter} announcements${forced}`]
  }

  #speaker(id: SpeakerId, what: string): readonly string[] {
    const { fleet } = this.#herald
    if (what === 'unknown') fleet.lose(id)
    else if (what === 'unread') fleet.neverRead.add(id)
    else if (what === 'up') fleet.find(id)
    else fleet.restart(id)
    return []
  }

  #show(what: string): readonly string[] {
    if (what === 'plan') return showPlan(this.#herald.plan())
    if (what === 'settled') return [...this.#herald.plan().settled].map(([prefix, settled]) => `${prefix} ${settled}`)
    const { fleet } = this.#herald
    if (what === 'sessions') {
      const shut = [...this.#shut.values()].flatMap((one) => Object.entries(one ?? {}))
      return shut.length === 0
        ? ['none is shut']
        : shut.map(([id, { communication }]) => `${id} is shut: ${communication}`)
    }
    if (what === 'sent') {
      const policy = this.#switches.exportPolicy === 'off' ? 'none' : 'herald'
      const sent = this.#neighbors.sent(this.#intent, fleet, policy)
      return sent.length === 0 ? ['nothing'] : sent.toSorted()
    }
    return showRib(fleet)
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
