/**
 * Runs every scenario beside this file and compares its output exactly. `HERALD_REWRITE=1` writes what came out instead;
 * read the difference before you commit it.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HealthScenario } from '../../support/health-scenario.ts'
import { play } from '../../support/play.ts'

const folder = import.meta.dirname
const rewrite = process.env['HERALD_REWRITE'] === '1'

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const file = join(folder, name)
  const written = readFileSync(file, 'utf8')
  const scenario = new HealthScenario()
  const played = play(written, (command) => scenario.run(command))
  if (rewrite) writeFileSync(file, played)
  else expect(played).toBe(written)
})
