/** Which words fit where the cursor is: fixed ones, names of documents, or what Herald knows of alarms and the path learner. */
import type { Argument, Command, Option } from 'commander'
import type { AlarmListView } from '../api/wire/alarm.ts'
import type { DocumentListView } from '../api/wire/document.ts'
import type { LearnerView } from '../api/wire/learner.ts'
import { type Kind, kinds } from '../intent/document.ts'
import type { ApiClient } from './client.ts'
import { kindOf } from './get.ts'

/** `files`: the shell completes them. A function asks Herald, which may be away. */
export type Wanted = 'files' | readonly string[] | ((api: ApiClient) => Promise<readonly string[]>)

const nothing: Wanted = []
const sites = documents('Area', 'Region', 'Pop')
const pops = documents('Pop')
const prefixes = documents('Prefix')
const speakers = documents('Speaker')
const groups = documents('PathGroup', 'EntryGroup')

/** What stands before the cursor, after the words of the command. */
export interface Before {
  readonly option: Option | undefined
  /** Arguments without options and their values. */
  readonly words: readonly string[]
}

/** @param known options of the command and of the program */
export function before(rest: readonly string[], known: readonly Option[]): Before {
  const words: string[] = []
  let option: Option | undefined
  for (const word of rest) {
    if (option !== undefined) option = undefined
    else if (word.startsWith('-'))
      option = known.find((one) => takesValue(one) && (one.long === word || one.short === word))
    else words.push(word)
  }
  return { option, words }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

export function valuesOf(command: Command, option: Option, words: readonly string[]): Wanted {
  if (option.argChoices !== undefined) return option.argChoices
  if (/<(file|paths|folder)>/.test(option.flags)) return 'files'
  switch (option.long) {
    case '--at':
      return atOf(command)
    case '--canary':
      return sites
    case '--pop':
    case '--enter':
      return pops
    case '--path':
      return (api) => pathsOf(api, words[0] ?? '')
    case '--place':
      return places
    case '--neighbor':
      return documents('Neighbor')
    case '--speaker':
      return speakers
    default:
      return nothing
  }
}

function atOf(command: Command): Wanted {
  if (command.name() === 'get') return nothing
  return command.name() === 'prefer' || command.parent?.name() === 'learner' ? pops : sites
}

/** Arguments by the command that takes them, in their order; the last one counts for what follows. */
const positions: Readonly<Record<string, readonly Wanted[]>> = {
  publish: [prefixes, nothing],
  withdraw: [prefixes, nothing],
  override: [prefixes, nothing],
  clear: [(api) => both(documents('Override')(api), prefixes(api)), nothing],
  plan: [prefixes, nothing],
  practice: [prefixes, nothing],
  explain: [prefixes, pops, nothing],
  drain: [sites, nothing],
  undrain: [documents('Drain'), nothing],
  prefer: [groups, nothing],
  checks: [pops, nothing],
  history: [documents('Prefix', 'Pop'), nothing],
  adopt: [speakers, nothing],
  forget: [speakers, nothing],
  alarms: [alarms('open')],
  ack: [alarms('firing')], // no other can be acknowledged
  rollout: [documents('Rollout'), nothing],
  'rollout advance': [documents('Rollout'), nothing],
  'rollout abort': [documents('Rollout'), nothing],
  'learner mode': [groups, ['off', 'shadow', 'canary', 'auto'], nothing],
  'learner undo': [decisions, nothing],
  'learner approve': [proposed, nothing],
  'learner pin': [groups, nothing],
  'learner unpin': [groups, nothing],
  'learner reset': [groups, nothing],
  'learner clear': [documents('EntryGroup'), nothing],
  'learner tune': [groups, nothing],
  'show route': [prefixes, nothing],
  'show catchment': [prefixes, nothing],
  'show seen': [prefixes, nothing],
  'show collector': [documents('Collector'), nothing],
  'show neighbor': [speakers, nothing],
  'show speaker': [speakers, nothing],
}

export function argumentsOf(command: Command, words: readonly string[]): Wanted {
  if (command.name() === 'get') {
    if (words.length === 0) return kinds.map((kind) => kind.toLowerCase())
    return words.length === 1 ? documents(kindOf(words[0] ?? '')) : nothing
  }
  const parent = command.parent?.parent === null ? '' : `${command.parent?.name()} `
  const named = positions[`${parent}${command.name()}`]
  if (named !== undefined) return named[Math.min(words.length, named.length - 1)] ?? nothing
  const argument: Argument | undefined = command.registeredArguments[words.length]
  if (argument?.argChoices !== undefined) return argument.argChoices
  return argument?.name() === 'file' ? 'files' : nothing
}

function documents(...wanted: readonly Kind[]): (api: ApiClient) => Promise<readonly string[]> {
  return async (api) => {
    const found = await Promise.all(wanted.map((kind) => read<DocumentListView>(api, '/v1/documents', { kind })))
    return found.flatMap((one) => one.documents.map(({ name }) => name))
  }
}

async function pathsOf(api: ApiClient, group: string): Promise<readonly string[]> {
  const found = await read<DocumentListView>(api, '/v1/documents', { kind: 'PathGroup' })
  const spec = found.documents.find(({ name }) => name === group)?.spec as { readonly paths?: object } | undefined
  return Object.keys(spec?.paths ?? {})
}

function alarms(state: 'open' | 'firing'): (api: ApiClient) => Promise<readonly string[]> {
  return async (api) => (await read<AlarmListView>(api, '/v1/alarms', { state })).alarms.map(({ id }) => id)
}

async function places(api: ApiClient): Promise<readonly string[]> {
  return (await read<LearnerView>(api, '/v1/learner')).places.map(({ place }) => place)
}

/** Those that changed something: the others cannot be undone. */
async function decisions(api: ApiClient): Promise<readonly string[]> {
  const view = await read<LearnerView>(api, '/v1/learner')
  return view.decisions.filter(({ revision }) => revision !== undefined).map(({ id }) => id)
}

async function proposed(api: ApiClient): Promise<readonly string[]> {
  return (await read<LearnerView>(api, '/v1/learner')).proposals.map(({ group }) => group)
}

async function both(...asked: readonly Promise<readonly string[]>[]): Promise<readonly string[]> {
  return (await Promise.all(asked)).flat()
}

/** Nobody waits long for a completion. */
function read<T>(api: ApiClient, path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  return api.request<T>({ path, query, timeoutSeconds: 1 })
}
