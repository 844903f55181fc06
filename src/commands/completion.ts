/**
 * Completion for bash and zsh. Both shells ask `herald __complete`, so that it knows every verb and option, and the names
 * of sites, speakers and prefixes where Herald answers quickly.
 */
import { Argument, type Command, type Option } from 'commander'
import type { DocumentListView } from '../api/wire/document.ts'
import { type Kind, kinds } from '../intent/document.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, withApi } from './cli-context.ts'
import { kindOf } from './get.ts'

const bash = `_herald() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(herald __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _herald herald`

const zsh = `#compdef herald
_herald() {
  local -a found
  found=("\${(@f)$(herald __complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  compadd -a found
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
  const options = [...command.options, ...program.options].flatMap(({ long }) => (long ? [long] : []))
  if (current.startsWith('-')) return options.filter((option) => option.startsWith(current))
  const subcommands = command.commands.map((child) => child.name()).filter((name) => !name.startsWith('_'))
  if (subcommands.length > 0) return subcommands.filter((name) => name.startsWith(current))
  const wanted = namesFor(command, rest)
  const names = wanted === undefined ? [] : await withApi(cli, asking, (api) => namesOf(api, wanted)).catch(() => [])
  return names.filter((name) => name.startsWith(current))
}

const sites: readonly Kind[] = ['Area', 'Region', 'Pop']

/** Which documents' names fit here. */
function namesFor(command: Command, rest: readonly string[]): readonly Kind[] | readonly string[] | undefined {
  const last = rest.at(-1)
  const option = command.options.find(
    ({ long, short }: Option) => last !== undefined && (long === last || short === last),
  )
  if (option?.long === '--at' || option?.long === '--canary') return sites
  if (option?.long === '--speaker') return ['Speaker']
  if (option?.long === '--neighbor') return ['Neighbor']
  const position = rest.filter((word) => !word.startsWith('-')).length
  if (command.name() === 'get')
    return position === 0 ? kinds.map((kind) => kind.toLowerCase()) : [kindOf(rest[0] ?? '')]
  if (command.name() === 'drain' || command.name() === 'undrain') return sites
  if (command.name() === 'adopt') return ['Speaker']
  if (command.name() === 'history') return ['Prefix', 'Pop']
  const parent = command.parent?.name()
  if (parent === 'rollout') return ['Rollout']
  if (parent === 'show') return command.name() === 'route' ? ['Prefix'] : ['Speaker']
  if (command.name() === 'explain' && position === 1) return ['Pop']
  return ['publish', 'withdraw', 'override', 'clear', 'explain', 'plan'].includes(command.name())
    ? ['Prefix']
    : undefined
}

async function namesOf(api: ApiClient, wanted: readonly string[]): Promise<readonly string[]> {
  const found = kinds.filter((kind) => wanted.includes(kind))
  if (found.length === 0) return wanted
  const names: string[] = []
  for (const kind of found) {
    const { documents } = await api.request<DocumentListView>({
      path: '/v1/documents',
      query: { kind },
      timeoutSeconds: 1,
    })
    names.push(...documents.map(({ name }) => name))
  }
  return names
}
