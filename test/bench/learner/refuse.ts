/** What a person gave cannot be used: one line that says why, and exit code 2. */
export function refuse(command: string, why: string): never {
  process.stderr.write(`${command}: ${why}\n`)
  process.exit(2)
}
