/** A terminal that is none: what is printed is kept, nobody can be asked. */
import type { Terminal } from '../../src/commands/terminal.ts'

export interface QuietTerminal extends Terminal {
  readonly told: { out: string; err: string }
}

export function quietTerminal(): QuietTerminal {
  const told = { out: '', err: '' }
  return {
    told,
    interactive: false,
    redraws: false,
    colors: false,
    out: (text) => void (told.out += `${text}\n`),
    err: (text) => void (told.err += `${text}\n`),
    ask: () => Promise.reject(new Error('nobody to ask')),
    readInput: () => Promise.resolve(''),
  }
}
