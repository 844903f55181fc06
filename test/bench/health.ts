/**
 * Health at full size: 300 POPs × 100 targets, each probed once a second by the POP's own agent, and 100 prefixes whose
 * policies name those checks. One second of it is 30,000 samples in 300 batches, with a decision after every batch that changed a
 * verdict. Budgets: a second of samples below a second of one core; the last needed failing sample → decision < 5 ms.
 * Baseline: the same samples counted by a bare loop (a map and a run counter). Run: node test/bench/health.ts [pops] [targets]
 */
import { decideFailover } from '../../src/health/failover.ts'
import { type FailoverDecision, noMemory } from '../../src/health/failover-input.ts'
import { countAnnouncements, failoverPrefixes } from '../../src/health/failover-prefixes.ts'
import type { Sample } from '../../src/health/sample.ts'
import { subjectKey } from '../../src/health/subject.ts'
import { VerdictBook } from '../../src/health/verdict-book.ts'
import type { WatchedTask } from '../../src/health/watch.ts'
import { watchedTasks } from '../../src/health/watches.ts'
import type { Intent, PopId } from '../../src/intent/model.ts'
import { agent, announce, check, epoch, failoverPolicy, intent, neighbor, pop } from '../support/builders.ts'
import { figures, report } from './report.ts'

function bigIntent(pops: number, targets: number): Intent {
  const names = Array.from({ length: pops }, (_, i) => `p${String(i).padStart(3, '0')}`)
  const checks = Array.from({ length: targets }, (_, i) => `c${String(i).padStart(3, '0')}`)
  return intent({
    pops: names.map((name) => pop(name, { neighbors: [neighbor(`${name}-a`), neighbor(`${name}-b`)] })),
    agents: names.map((name) => agent(name, name)),
    checks: checks.map((name) => check(name, { window: { lengthMs: 30_000, maxLossRatio: 0.1, maxRttMs: 100 } })),
    prefixes: checks.map((name, i) => announce(`10.${i >> 8}.${i & 255}.0/24`, { failover: failoverPolicy([name]) })),
  })
}

class World {
  readonly intent: Intent
  readonly book = new VerdictBook()
  readonly tasks: ReadonlyMap<string, readonly WatchedTask[]>
  readonly announced: ReadonlySet<PopId>
  nowMs = 1_000_000_000
  sequence = 0
  decision: FailoverDecision | undefined
  decisions = 0

  constructor(pops: number, targets: number) {
    this.intent = bigIntent(pops, targets)
    const watched = watchedTasks(this.intent)
    this.book.configure(watched, this.nowMs)
    this.tasks = Map.groupBy(watched, ({ agents }) => agents[0]!)
    this.announced = new Set(this.intent.pops.keys())
    this.decide()
  }

  /** One batch an agent; one probe in five hundred fails by itself. */
  batches(): readonly (readonly Sample[])[] {
    this.sequence++
    this.nowMs += 1000
    let n = this.sequence
    return Array.from(this.tasks, ([name, tasks]) =>
      tasks.map(({ task, subject }) => {
        const failed = (n = (n * 1_103_515_245 + 12_345) & 0x7fffffff) % 500 === 0
        return this.#sample(task, subject, name, failed ? 'fail' : 'ok')
      }),
    )
  }

  #sample(task: string, subject: WatchedTask['subject'], name: string, outcome: Sample['outcome']): Sample {
    const base = { task, subject: subjectKey(subject), agent: name, sequence: this.sequence, atMs: this.nowMs - 30 }
    return outcome === 'ok' ? { ...base, outcome, rttMs: 20 } : { ...base, outcome }
  }

  hear(batch: readonly Sample[]): void {
    if (this.book.ingest(batch, this.nowMs).length > 0) this.decide()
  }

  decide(): void {
    const moment = { epoch, nowMs: this.nowMs }
    this.decisions++
    this.decision = decideFailover({
      nowMs: this.nowMs,
      prefixes: failoverPrefixes(this.intent, moment, () => this.announced, new Set()),
      verdicts: this.book,
      down: new Set(),
      standing: this.intent.failovers.values(),
      memory: noMemory,
      frozen: false,
      announcements: countAnnouncements(this.intent, moment),
      traffic: new Map(),
    })
  }
}

/** CPU time of each second's samples, ms. */
function measureSeconds(world: World, seconds: number): readonly number[] {
  return Array.from({ length: seconds }, () => {
    const batches = world.batches()
    const before = process.cpuUsage()
    for (const batch of batches) world.hear(batch)
    world.book.advance(world.nowMs)
    world.decide()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
}

/** From a batch whose failing sample completes the count to the decision that withdraws, ms. */
function measureDetection(world: World, runs: number): readonly number[] {
  return Array.from({ length: runs }, (_, run) => {
    const [name, tasks] = [...world.tasks][(run * 37) % world.tasks.size]!
    const { task, subject, check: service } = tasks[(run * 13) % tasks.length]!
    let tookMs = NaN
    for (let i = 0; i < 9 && Number.isNaN(tookMs); i++) {
      for (const batch of world.batches()) {
        if (batch[0]!.agent !== name) {
          world.hear(batch)
          continue
        }
        const failing = batch.map((one) => (one.task === task ? { ...one, outcome: 'fail' as const } : one))
        const started = performance.now()
        world.hear(failing)
        const took = performance.now() - started
        if (world.decision?.overlays.some((one) => one.subject === subjectKey(subject))) tookMs = took
      }
    }
    if (Number.isNaN(tookMs)) throw new Error(`assertion: ${service} at ${name} was not withdrawn`)
    for (let i = 0; i < 6; i++) for (const batch of world.batches()) world.hear(batch)
    return tookMs
  })
}

/** The least that anybody must do with a sample. */
function measureBare(world: World, seconds: number): readonly number[] {
  const runs = new Map<string, number>()
  return Array.from({ length: seconds }, () => {
    const batches = world.batches()
    const before = process.cpuUsage()
    for (const batch of batches)
      for (const { task, agent: by, outcome } of batch) {
        const key = `${task} ${by}`
        const run = outcome === 'fail' ? (runs.get(key) ?? 0) + 1 : 0
        runs.set(key, run)
      }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
}

if (import.meta.main) {
  const [pops = 300, targets = 100] = process.argv.slice(2).map(Number)
  const size = `${pops} POPs × ${targets} targets`
  const world = new World(pops, targets)
  measureSeconds(world, 10)
  const seconds = measureSeconds(world, 60)
  const detection = measureDetection(world, 30)
  const bare = measureBare(world, 30)
  const perSecond = figures(seconds)
  const memory = Math.round(process.memoryUsage().heapUsed / 2 ** 20)
  report('health', [
    {
      what: `one second of samples and decisions, ${size} (${pops * targets} samples)`,
      unit: 'ms',
      herald: perSecond,
      baseline: { what: 'the same samples, counted by a bare loop', figures: figures(bare) },
      budget: '≤ 1,000 ms of one core',
      met: perSecond.p99 <= 1000,
    },
    {
      what: `last needed failing sample → decision, ${size}, 100 prefixes`,
      unit: 'ms',
      herald: figures(detection),
      budget: '< 5 ms',
      met: figures(detection).p50 < 5,
    },
    { what: 'memory', unit: 'MiB', herald: figures([memory]), budget: '≤ 1 GiB', met: memory <= 1024 },
  ])
}
