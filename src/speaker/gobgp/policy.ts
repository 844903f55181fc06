/**
 * Makes a daemon's export policy what it must be, adding only what is missing, in this order:
 *   1. read what is there: assignment and sets. A foreign export policy is refused: merging two would be guessing;
 *   2. sets, so that no statement ever refers to an empty one;
 *   3. not installed: policies, then the assignment, which is the one moment when the policy takes effect;
 *      installed: statements that are missing are appended, then those they replace are removed;
 *   4. read everything back and compare.
 * Routes that were announced before are left as they are: nothing here resets a session.
 */
import { OperationError } from '../../bgp/operation-error.ts'
import type { ExportPolicy } from '../export-policy.ts'
import { type Budget, collect, unary } from './call.ts'
import { exportDirection, routeAction } from './codec.ts'
import type { Daemon } from './connection.ts'
import type { AssignmentMessage, DefinedSetMessage, PolicyMessage, StatementMessage } from './messages.ts'
import {
  type PolicyMessages,
  exportPolicy,
  policyMessages,
  statementContent,
  steerPolicy,
} from './policy-statements.ts'

const assignmentName = 'global'
const chain = [steerPolicy, exportPolicy] as const

export async function ensureExportPolicy(
  daemon: Daemon,
  policy: ExportPolicy,
  limit: Budget,
  beforeInstall: () => Promise<void> = async () => undefined,
): Promise<'installed' | 'extended' | 'unchanged'> {
  const wanted = policyMessages(daemon.codec, policy)
  const before = await read(daemon, limit)
  refuseForeign(daemon, before)
  if (differences(before, wanted).length === 0) return 'unchanged'
  const installed = isInstalled(before)
  if (!installed) await beforeInstall()
  await addSets(daemon, before, wanted, limit)
  for (const [name, statements] of wantedPolicies(wanted))
    if (isAssigned(before, name)) await extend(daemon, before, name, statements, limit)
    else await define(daemon, name, statements, limit)
  if (!installed || before.assignment.default_action !== routeAction.reject) await assign(daemon, limit)
  const left = differences(await read(daemon, limit), wanted)
  if (left.length > 0)
    throw new OperationError(
      'speaker-policy',
      `gobgpd at ${daemon.endpoint}: the export policy read back is not what was installed: ${left.join('; ')}`,
    )
  return installed ? 'extended' : 'installed'
}

/** What a daemon has. */
interface Live {
  readonly assignment: AssignmentMessage
  readonly sets: ReadonlyMap<string, DefinedSetMessage>
}

async function read(daemon: Daemon, limit: Budget): Promise<Live> {
  const { methods, codec } = daemon
  const sets = new Map<string, DefinedSetMessage>()
  let assignment: AssignmentMessage = { name: '', direction: 0, policies: [], default_action: 0 }
  const request = { name: assignmentName, direction: exportDirection }
  const list = (type: number) =>
    collect(daemon, methods.listDefinedSet, { defined_type: type }, limit, ({ defined_set: set }) => {
      if (set !== null) sets.set(set.name, set)
    })
  try {
    await Promise.all([
      collect(daemon, methods.listPolicyAssignment, request, limit, (response) => {
        assignment = response.assignment ?? assignment
      }),
      list(codec.definedType.neighbor),
      list(codec.definedType.largeCommunity),
    ])
  } catch (error) {
    // Without BGP there are no policies, and GoBGP says so in words that mean something else.
    const { global } = await unary(daemon, methods.getBgp, {}, limit)
    if ((global?.asn ?? 0) !== 0) throw error
    throw new OperationError('speaker-unreachable', `gobgpd at ${daemon.endpoint}: BGP is not started there`, {
      cause: error,
    })
  }
  return { assignment, sets }
}

function refuseForeign({ endpoint }: Daemon, { assignment }: Live): void {
  const foreign = assignment.policies.map(({ name }) => name).filter((name) => !isOurs(name))
  if (foreign.length > 0)
    throw new OperationError(
      'speaker-policy',
      `gobgpd at ${endpoint} already has an export policy that is not Herald's (${foreign.join(', ')}): ` +
        'remove it from the daemon, or express it in Herald',
    )
}

function isOurs(policy: string): boolean {
  return chain.some((name) => name === policy)
}

function isAssigned({ assignment }: Live, policy: string): boolean {
  return assignment.policies.some(({ name }) => name === policy)
}

function isInstalled({ assignment }: Live): boolean {
  return chain.every((name, i) => assignment.policies[i]?.name === name)
}

/** One sentence for each thing that is not as it must be. Statements nobody wants any more are inert and may stay. */
function differences({ assignment, sets }: Live, wanted: PolicyMessages): readonly string[] {
  const found: string[] = []
  for (const set of wanted.sets)
    if (!sameList(sets.get(set.name)?.list, set.list)) found.push(`set ${set.name} is missing or differs`)
  if (!isInstalled({ assignment, sets })) return [...found, 'it is not assigned']
  if (assignment.default_action !== routeAction.reject) found.push('the default is not to reject')
  for (const [name, statements] of wantedPolicies(wanted)) {
    const live = statementsOf(assignment, name)
    for (const { name: missing } of missingFrom(live, statements)) found.push(`statement ${missing} is missing`)
    for (const stale of staleIn(name, live, statements)) found.push(`statement ${stale.name} must go`)
  }
  return found
}

function wantedPolicies(wanted: PolicyMessages): readonly (readonly [string, readonly StatementMessage[]])[] {
  return [
    [steerPolicy, wanted.steer],
    [exportPolicy, wanted.export],
  ]
}

function statementsOf({ policies }: AssignmentMessage, policy: string): readonly StatementMessage[] {
  return policies.find(({ name }) => name === policy)?.statements ?? []
}

function missingFrom(live: readonly StatementMessage[], wanted: readonly StatementMessage[]) {
  const present = new Map(live.map((statement) => [statement.name, statementContent(statement)]))
  return wanted.filter((statement) => present.get(statement.name) !== statementContent(statement))
}

/**
 * Live statements that must go: those with the mark of a wanted one and another deed or neighbor, those with a content
 * that somebody changed, and those that somebody else put into a policy of ours.
 */
function staleIn(policy: string, live: readonly StatementMessage[], wanted: readonly StatementMessage[]) {
  const contents = new Map(wanted.map((statement) => [statement.name, statementContent(statement)]))
  const marks = new Set(wanted.map(markOf))
  return live.filter((statement) => {
    if (contents.get(statement.name) === statementContent(statement)) return false
    return marks.has(markOf(statement)) || !isInert(policy, statement)
  })
}

/** What a neighbor or a treatment that is gone left behind: no path carries its mark any more. */
function isInert(policy: string, { conditions, actions }: StatementMessage): boolean {
  return (
    policy === steerPolicy &&
    conditions?.neighbor_set?.name.startsWith('herald-') === true &&
    conditions.large_community_set?.name.startsWith('herald-') === true &&
    actions?.route_action !== routeAction.accept
  )
}

function markOf({ conditions }: StatementMessage): string {
  return conditions?.large_community_set?.name ?? ''
}

async function addSets(daemon: Daemon, { sets }: Live, wanted: PolicyMessages, limit: Budget): Promise<void> {
  await Promise.all(
    wanted.sets.map(async (set) => {
      if (set.list.length === 0) throw new Error(`assertion: defined set ${set.name} is empty`)
      const live = sets.get(set.name)
      if (sameList(live?.list, set.list)) return
      await unary(daemon, daemon.methods.addDefinedSet, { defined_set: set, replace: live !== undefined }, limit)
    }),
  )
}

async function define(
  daemon: Daemon,
  policy: string,
  statements: readonly StatementMessage[],
  limit: Budget,
): Promise<void> {
  // An installation that was cut short may have left the policy behind, not assigned and so without effect.
  const leftover = { policy: { name: policy, statements: [] }, all: true }
  await unlessRefused(unary(daemon, daemon.methods.deletePolicy, leftover, limit))
  await append(daemon, policy, statements, limit)
}

async function append(
  daemon: Daemon,
  policy: string,
  statements: readonly StatementMessage[],
  limit: Budget,
): Promise<void> {
  const request = { policy: { name: policy, statements } }
  if ((await unlessRefused(unary(daemon, daemon.methods.addPolicy, request, limit))) !== 'refused') return
  // A statement that belongs to no policy any more still holds its name.
  await undefine(daemon, statements, limit)
  await unary(daemon, daemon.methods.addPolicy, request, limit)
}

async function undefine(daemon: Daemon, statements: readonly StatementMessage[], limit: Budget): Promise<void> {
  for (const { name } of statements)
    await unlessRefused(unary(daemon, daemon.methods.deleteStatement, { statement: { name }, all: true }, limit))
}

async function unlessRefused(call: Promise<unknown>): Promise<'done' | 'refused'> {
  try {
    await call
    return 'done'
  } catch (error) {
    if (error instanceof OperationError && error.code === 'speaker-refused') return 'refused'
    throw error
  }
}

async function assign(daemon: Daemon, limit: Budget): Promise<void> {
  const policies = chain.map((name): PolicyMessage => ({ name, statements: [] }))
  const assignment: AssignmentMessage = {
    name: assignmentName,
    direction: exportDirection,
    policies,
    default_action: routeAction.reject,
  }
  await unary(daemon, daemon.methods.setPolicyAssignment, { assignment }, limit)
}

async function extend(
  daemon: Daemon,
  { assignment }: Live,
  policy: string,
  wanted: readonly StatementMessage[],
  limit: Budget,
): Promise<void> {
  const live = statementsOf(assignment, policy)
  const stale = staleIn(policy, live, wanted)
  // A name cannot be taken twice: where somebody changed a statement of ours, it goes before it comes again.
  const changed = stale.filter((statement) => wanted.some(({ name }) => name === statement.name))
  await remove(daemon, policy, changed, limit)
  const missing = missingFrom(live, wanted)
  if (missing.length > 0) await append(daemon, policy, missing, limit)
  const others = stale.filter((statement) => !changed.includes(statement))
  await remove(daemon, policy, others, limit)
}

async function remove(
  daemon: Daemon,
  policy: string,
  statements: readonly StatementMessage[],
  limit: Budget,
): Promise<void> {
  if (statements.length === 0) return
  await unary(daemon, daemon.methods.deletePolicy, { policy: { name: policy, statements }, all: false }, limit)
  await undefine(daemon, statements, limit)
}

/** Lists are read back as the regular expressions that GoBGP makes of them, with or without anchors. */
function sameList(a: readonly string[] | undefined, b: readonly string[]): boolean {
  const bare = (item: string) => item.replace(/^\^/, '').replace(/\$$/, '')
  return a !== undefined && a.length === b.length && a.every((item, i) => bare(item) === bare(b[i] ?? ''))
}
