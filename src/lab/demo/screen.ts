/** What the demo prints: at most 100 columns, colors only on a terminal that wants them (no-color.org). */
export interface Screen {
  line(text?: string): void
  bold(text: string): string
  dim(text: string): string
  command(text: string): string
  good(text: string): string
  bad(text: string): string
}

export function createScreen(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Screen {
  const colors = stream.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'
  const style = (code: number) => (text: string) => (colors ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    line: (text = '') => void stream.write(`${text}\n`),
    bold: style(1),
    dim: style(2),
    command: style(36),
    good: style(32),
    bad: style(31),
  }
}

/** `1,042 ms`; an en dash where there is nothing to tell. */
export function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${Math.round(value).toLocaleString('en')} ms`
}

/** Breaks a sentence at spaces so that no line is longer than `width`. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export function verdict(screen: Screen, proved: boolean): string {
  return proved ? screen.good('proved') : screen.bad('not proved')
}
