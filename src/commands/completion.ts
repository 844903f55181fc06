/**
 * Completion for bash and zsh. Both shells ask `herald __complete`, so that it knows every verb and option, and the names
 * that fit where Herald answers quickly.
 */
import { Argument, type Command } from 'commander'
import { type CliContext, withApi } from './cli-context.ts'
import { argumentsOf, before, valuesOf } from './completion-names.ts'

/** Told to the shell instead of candidates: file names fit here. */
const files = ':files'

/** Words are taken from the line, because bash parts IPv6 prefixes at their colons. */
const bash = `_herald() {
  local IFS=$' \\t\\n' line="\${COMP_LINE:0:COMP_POINT}" words current found
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[-1]}"
  mapfile -t found < <(herald __complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ "\${found[0]}" == "${files}" ]]; then
    compopt -o default
    COMPREPLY=()
    return
  fi
  [[ "$current" == *:* ]] && found=("\${found[@]#"\${current%:*}:"}")
  COMPREPLY=("\${found[@]// /\\\\ }")
}
complete -F _herald herald`

const zsh = `#compdef herald
_herald() {
  local -a found
  found=("\${(@f)$(herald __complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  if [[ "$found[1]" == "${files}" ]]; then
    _files
  else
    compadd -a found
  fi
}
compdef _herald herald`

export function registerCompletion(program: Command, cli: CliContext): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .description('print a completion script')
    .addHelpText('after', '\nExamples:\n  source <(herald completion bash)\n  herald completion zsh > ~/.zfunc/_herald')
    .action((shell: string) => cli.terminal.out(shell === 'bash' ? bash : zsh))

  program
    .command('__complete [words...]', { hidden: true })
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      for (const candidate of await candidates(program, cli, command, words)) cli.terminal.out(candidate)
    })
}

async function candidates(
  program: Command,
  cli: CliContext,
  asking: Command,
  words: readonly string[],
): Promise<readonly string[]> {
  const current = words.at(-1) ?? ''
  let command = program
  const rest: string[] = []
  for (const word of words.slice(0, -1)) {
    const next = command.commands.find((child) => child.name() === word || child.aliases().includes(word))
    if (next === undefined || rest.length > 0) rest.push(word)
    else command = next
  }
  const known = [...command.options, ...program.options]
  const { option, words: said } = before(rest, known)
  if (option === undefined && current.startsWith('-'))
    return known.flatMap(({ long }) => (long?.startsWith(current) === true ? [long] : []))
  const wanted = option === undefined ? argumentsOf(command, said) : valuesOf(command, option, said)
  if (wanted === 'files') return [files]
  const names = typeof wanted === 'function' ? await withApi(cli, asking, wanted).catch(() => []) : wanted
  const verbs = option === undefined && said.length === 0 ? command.commands.map((child) => child.name()) : []
  // A list with commas goes on behind its last one.
  const list = option === undefined ? '' : current.slice(0, current.lastIndexOf(',') + 1)
  return [...verbs.filter((name) => !name.startsWith('_')), ...names.map((name) => list + name)].filter((name) =>
    name.startsWith(current),
  )
}
