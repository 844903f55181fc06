/** What a command talks to: the process' own streams, or a test's. */
import { createInterface } from 'node:readline/promises'

export interface Terminal {
  /** A person can be asked. */
  readonly interactive: boolean
  /** stdout is a TTY, so that lines may be redrawn. */
  readonly redraws: boolean
  readonly colors: boolean
  out(text: string): void
  err(text: string): void
  /** Asks on stderr, so that stdout stays for what was asked for. */
  ask(question: string): Promise<string>
  readInput(): Promise<string>
}

export function processTerminal(environment: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    interactive: stdin.isTTY && stderr.isTTY,
    redraws: stdout.isTTY,
    // NO_COLOR counts where it is not empty (no-color.org).
    colors: stdout.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb',
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
    async readInput() {
      let text = ''
      for await (const chunk of stdin.setEncoding('utf8')) text += String(chunk)
      return text
    },
  }
}

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const

export function paint(terminal: Terminal, color: keyof typeof codes, text: string): string {
  return terminal.colors ? `\u001b[${codes[color]}m${text}\u001b[0m` : text
}
