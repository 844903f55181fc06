/**
 * Samples on their whole way: 300 agents post what 100 targets each said, twice a second, to one controller process, which
 * validates, stores, reads again, judges and decides. Budget: less than one core for 30,000 samples a second.
 * Run: node test/bench/ingest.ts [agents] [targets]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent as Dispatcher, request } from 'undici'
import type { Document } from '../../src/intent/document.ts'
import { type Controller, startController } from '../support/controller.ts'
import { figures, report } from './report.ts'

const seconds = 20
const roundMs = 500
const clockTickMs = 10

function documents(agents: number, targets: number): readonly Document[] {
  const places = Array.from({ length: agents }, (_, i): readonly Document[] => [
    { kind: 'Pop', name: `p${i}`, spec: { region: 'r' } },
    { kind: 'Agent', name: `a${i}`, spec: { pop: `p${i}` } },
  ])
  const checks = Array.from({ length: targets }, (_, i): Document => {
    const spec = { subject: 'service', target: '192.0.2.1', probe: { kind: 'tcp', port: 80 } }
    return { kind: 'Check', name: `c${i}`, spec }
  })
  return [
    { kind: 'Network', name: 'n', spec: { asn: 64500 } },
    { kind: 'Area', name: 'w', spec: {} },
    { kind: 'Region', name: 'r', spec: { area: 'w' } },
    ...places.flat(),
    ...checks,
  ]
}

/** One batch of every agent: the next half of its targets. Answers how many samples were taken. */
async function postRound(dispatcher: Dispatcher, batch: number, agents: number, targets: number): Promise<number> {
  const half = Math.floor(targets / 2)
  const answers = await Promise.all(
    Array.from({ length: agents }, async (_, agent) => {
      const samples = Array.from({ length: half }, (_, i) => {
        const check = `c${(batch % 2) * half + i}`
        const subject = `service/p${agent}/${check}`
        const sequence = Math.floor(batch / 2)
        return { task: `${check}/${subject}`, subject, sequence, atMs: Date.now(), outcome: 'ok', rttMs: 1.5 }
      })
      const { body, statusCode } = await request(`http://localhost/v1/agents/a${agent}/samples`, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ run: 'bench', batch, dropped: 0, samples }),
      })
      const answer = (await body.json()) as { readonly accepted?: number; readonly detail?: string }
      if (statusCode !== 200) throw new Error(`agent a${agent}: ${statusCode} ${answer.detail}`)
      return answer.accepted ?? 0
    }),
  )
  return answers.reduce((sum, accepted) => sum + accepted, 0)
}

/** User and system time of a process, ms. */
function cpuMs(controller: Controller): number {
  const fields = readFileSync(`/proc/${controller.pid()}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * clockTickMs
}

const [agents = 300, targets = 100] = process.argv.slice(2).map(Number)
const controller = await startController({ logLevel: 'warn' })
const dispatcher = new Dispatcher({ connections: 50, connect: { socketPath: join(controller.folder, 'herald.sock') } })
try {
  await controller.apply(documents(agents, targets))
  for (let batch = 1; batch <= 4; batch++) await postRound(dispatcher, batch, agents, targets)
  const started = performance.now()
  const before = cpuMs(controller)
  let taken = 0
  for (let round = 0; round < (seconds * 1000) / roundMs; round++) {
    await sleep(Math.max(0, started + round * roundMs - performance.now()))
    taken += await postRound(dispatcher, round + 5, agents, targets)
  }
  // However long the posting took here: the CPU that one second of samples costs the controller.
  const perSecond = (cpuMs(controller) - before) / (taken / (agents * targets))
  report('ingest', [
    {
      what: `CPU of the controller for one second of ${agents * targets} samples from ${agents} agents, posted to decided`,
      unit: 'ms',
      herald: figures([perSecond]),
      budget: '< 1 s, one core',
      met: perSecond < 1000,
    },
  ])
} finally {
  await dispatcher.close()
  await controller.stop()
}
