/** `-o`: tables for people, JSON and YAML for programs, names for pipes. */
import { stringify } from 'yaml'
import type { Output } from './cli-context.ts'
import type { Terminal } from './terminal.ts'

export interface Printable {
  readonly data: unknown
  /** What `-o table` prints; computed only when asked for. */
  readonly table: () => string
  /** What `-o name` prints, one a line. */
  readonly names: () => readonly string[]
}

export function print(terminal: Terminal, output: Output, { data, table, names }: Printable): void {
  if (output === 'json') terminal.out(JSON.stringify(data, undefined, 2))
  else if (output === 'yaml') terminal.out(stringify(data).trimEnd())
  else if (output === 'name') for (const name of names()) terminal.out(name)
  else printTable(terminal, table())
}

function printTable(terminal: Terminal, text: string): void {
  if (text !== '') terminal.out(text)
}
