/**
 * Runs every scenario beside this file and compares its output exactly. `HERALD_REWRITE=1` writes what came out instead;
 * read the difference before you commit it.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

const folder = import.meta.dirname
const rewrite = process.env['HERALD_REWRITE'] === '1'

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const file = join(folder, name)
  const written = readFileSync(file, 'utf8')
  const played = play(written)
  if (rewrite) writeFileSync(file, played)
  else expect(played).toBe(written)
})

/** The scenario with its commands (`> …`) and comments (`# …`) as they are, and what each command prints beneath. */
function play(text: string): string {
  const scenario = new Scenario()
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('> ')) lines.push(line, ...scenario.run(line.slice(2)))
    else if (line.startsWith('#') || line === '') lines.push(line)
  }
  return lines.join('\n')
}
