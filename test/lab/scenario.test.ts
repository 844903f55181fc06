/**
 * Plays every scenario beside this file on its topology, in network namespaces. A topology comes up once; between two
 * scenarios the intent goes back to what it was at first, and everybody hears that nothing is published.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Played, play } from '../../src/lab/scenario/play.ts'
import { playedText } from '../../src/lab/scenario/play-text.ts'
import { parseScenario } from '../../src/lab/scenario/script.ts'
import { type Stage, openStage } from '../../src/lab/scenario/stage.ts'
import { startLab } from './start-lab.ts'
import { quietTerminal } from '../support/quiet-terminal.ts'

const scenarios = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) =>
    parseScenario(basename(name, '.txt'), readFileSync(join(import.meta.dirname, name), 'utf8'), import.meta.dirname),
  )

const plain = quietTerminal()

for (const [topology, ones] of Map.groupBy(scenarios, (scenario) => scenario.topology))
  // oxlint-disable-next-line vitest/valid-title
  describe(topology, () => {
    let stage: Stage
    let baseline: string
    let down: () => Promise<void>

    beforeAll(async () => {
      const lab = await startLab(topology)
      down = () => lab.down()
      stage = await openStage(lab)
      await must(['expect fleet well within 60s'])
      const { stdout } = await lab.exec('controller', ['herald', 'history', '-n', '1', '-o', 'name'])
      baseline = stdout.trim()
    }, 120_000)
    afterAll(async () => {
      await stage?.close()
      await down?.()
    }, 60_000)
    beforeEach(async () => {
      const quiet = [...new Set(stage.traffic.logs.map(({ client }) => client))]
      await must([
        'expect fleet well within 30s',
        `eventually herald restore ${baseline} --force --wait`,
        ...quiet.map((client) => `expect catchment ${client} nobody`),
      ])
    }, 90_000)

    test.each(ones)(
      '$name: $about',
      async (scenario) => {
        const lines: Played[] = []
        const before = stage.traffic.problems.length
        const held = await play(stage, scenario, (played) => lines.push(played))
        const told = lines.map((played) => playedText(plain, played)).join('\n')
        if (process.env['HERALD_TELL'] === '1') process.stderr.write(`\n${scenario.name}\n${told}\n`)
        expect(held, `\n${told}\n`).toBe(true)
        expect(stage.traffic.problems.slice(before)).toEqual([])
      },
      180_000,
    )

    /** Steps that make ready for a scenario, or an error with what is instead. */
    async function must(steps: readonly string[]): Promise<void> {
      const lines: Played[] = []
      const text = `topology ${topology}\n${steps.join('\n')}`
      const held = await play(stage, parseScenario('reset', text), (played) => lines.push(played))
      if (!held) throw new Error(lines.map((played) => playedText(plain, played)).join('\n'))
    }
  })
