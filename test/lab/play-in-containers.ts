/**
 * Plays scenarios on a topology that is up in containers, as the ones in namespaces are played by scenario.test.ts:
 *
 *   node test/lab/play-in-containers.ts containerlab anycast-2pop publish planned-move pop-crash
 *   node test/lab/play-in-containers.ts compose herald publish planned-move pop-crash
 *
 * Ends with 1 where a line does not hold. Between two scenarios the intent goes back to what it was at first.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDockerLab } from '../../src/lab/docker/docker-lab.ts'
import { playedText } from '../../src/lab/scenario/play-text.ts'
import { type Played, play } from '../../src/lab/scenario/play.ts'
import { type Scenario, parseScenario } from '../../src/lab/scenario/script.ts'
import { type Stage, openStage } from '../../src/lab/scenario/stage.ts'

const screen = {
  interactive: false,
  redraws: false,
  colors: false,
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
  ask: () => Promise.reject(new Error('nobody to ask')),
  readInput: () => Promise.resolve(''),
}

const [by, name, ...names] = process.argv.slice(2)
if ((by !== 'containerlab' && by !== 'compose') || name === undefined || names.length === 0)
  throw new Error('usage: play-in-containers.ts containerlab|compose NAME SCENARIO...')
const scenarios = names.map((each) =>
  parseScenario(each, readFileSync(join(import.meta.dirname, `${each}.txt`), 'utf8'), import.meta.dirname),
)

const lab = await openDockerLab({ by, name })
screen.out(`${by} ${name}: ${lab.nodes.length} nodes`)
await ready()
const stage = await openStage(lab)
const failed: string[] = []
try {
  await must(stage, ['expect fleet well within 90s'])
  for (const scenario of scenarios) if (!(await rehearse(stage, scenario))) failed.push(scenario.name)
  for (const problem of stage.traffic.problems) screen.err(problem)
} finally {
  await stage.close()
}
screen.out(
  `\n${scenarios.length - failed.length} passed, ${failed.length} failed${failed.map((each) => ` ${each}`).join('')}`,
)
process.exitCode = failed.length === 0 && stage.traffic.problems.length === 0 ? 0 : 1

/** Every start program is through, and the manifests are applied. */
async function ready(): Promise<void> {
  const giveUpAt = performance.now() + 120_000
  for (;;) {
    const looks = await Promise.all(
      lab.nodes
        .filter(({ name: node }) => node !== 'worker')
        .map(async ({ name: node }) => {
          const file = node === 'controller' ? '/run/applied' : '/run/started'
          const { code } = await lab.exec(node, ['test', '-e', file])
          return code === 0 ? [] : [node]
        }),
    )
    const missing = looks.flat()
    if (missing.length === 0) return
    if (performance.now() > giveUpAt) throw new Error(`not started within two minutes: ${missing.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function rehearse(on: Stage, scenario: Scenario): Promise<boolean> {
  const clients = [...new Set(on.traffic.logs.map(({ client }) => client))]
  await must(on, [
    'expect fleet well within 30s',
    'eventually herald restore 1 --force --wait', // the manifests, and nothing published
    ...clients.map((client) => `expect catchment ${client} nobody`),
  ])
  screen.out(`\n${scenario.name}: ${scenario.about}`)
  return play(on, scenario, (played) => screen.out(playedText(screen, played)))
}

async function must(on: Stage, steps: readonly string[]): Promise<void> {
  const lines: Played[] = []
  const held = await play(on, parseScenario('reset', `topology any\n${steps.join('\n')}`), (played) =>
    lines.push(played),
  )
  if (!held) throw new Error(lines.map((played) => playedText(screen, played)).join('\n'))
}
