/**
 * Plays a scenario: its commands (`> …`) and comments (`# …`) as they are, and beneath each command what it prints. Compare the
 * result with what was written.
 */
export function play(text: string, run: (command: string) => readonly string[]): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('> ')) lines.push(line, ...run(line.slice(2)))
    else if (line.startsWith('#') || line === '') lines.push(line)
  }
  return lines.join('\n')
}
