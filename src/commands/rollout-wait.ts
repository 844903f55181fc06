/**
 * `--wait` of a staged change: its stages as they go out, are read back and stay well, until it is done. A change that was
 * rolled back has failed, and the exit code says so.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProofView } from '../api/wire/revision.ts'
import type { RolloutView, StagedView } from '../api/wire/rollout.ts'
import type { ApiClient } from './client.ts'
import type { CliContext, Output } from './cli-context.ts'
import { formatDuration } from './duration.ts'
import { CommandError, exitCode, interruptedWait } from './exit-code.ts'
import { print } from './output.ts'
import { popsText, whyText } from './rollout-text.ts'
import { paint } from './terminal.ts'
import { proofText } from './wait.ts'

const pollEveryMs = 300
/** Beyond the longest that every stage may take. */
const marginSeconds = 60

interface WaitOptions {
  readonly output: Output
  /** Default: as long as all stages may take. */
  readonly timeoutSeconds?: number
}

export async function waitForRollout(
  cli: CliContext,
  api: ApiClient,
  { rollout, stages, giveUpSeconds }: Pick<StagedView, 'rollout' | 'stages' | 'giveUpSeconds'>,
  { output, timeoutSeconds = stages.length * giveUpSeconds + marginSeconds }: WaitOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000
  const tell = teller(cli, api, output)
  for (;;) {
    const view = await api.request<RolloutView>({ path: `/v1/rollouts/${encodeURIComponent(rollout)}` })
    await tell(view)
    if (view.state !== 'running') return conclude(cli, view, output)
    if (cli.signal.aborted) throw interruptedWait(rollout, `herald rollout ${rollout}`)
    if (performance.now() >= deadline) {
      const waited = `${rollout} is at stage ${view.stage} of ${view.stages.length} after ${formatDuration(timeoutSeconds)}; it goes on, see: herald rollout ${rollout}`
      throw new CommandError(exitCode.notConverged, waited, [whyText(view)])
    }
    await sleep(pollEveryMs, undefined, { signal: cli.signal }).catch(() => undefined)
  }
}

/** Each thing once, as it comes; nothing for programs, which get the end. */
function teller({ terminal }: CliContext, api: ApiClient, output: Output): (view: RolloutView) => Promise<void> {
  if (output !== 'table') return async () => undefined
  const told = new Set<string>()
  const tell = (line: string): void => {
    if (!told.has(line)) terminal.out(line)
    told.add(line)
  }
  /** Revision of the stage whose proof is not told yet. */
  let unproved: number | undefined
  const prove = async (): Promise<void> => {
    if (unproved === undefined) return
    const proof = await api.request<ProofView>({ path: `/v1/revisions/${unproved}/proof` })
    unproved = undefined
    terminal.out(proofText(terminal, proof))
  }
  return async ({ stage, stages, revision, readBackAt, waitsFor, state }) => {
    const what = `\nstage ${stage} of ${stages.length}: out at ${popsText(stages[stage - 1]?.pops ?? [])}`
    if (state !== 'running') return prove()
    if (!told.has(what)) {
      await prove()
      tell(what)
      unproved = revision
    }
    if (readBackAt !== undefined) await prove()
    if (waitsFor !== undefined) tell(`  ${waitsFor}`)
  }
}

function conclude({ terminal }: CliContext, view: RolloutView, output: Output): void {
  const { id, state } = view
  if (output === 'json' || output === 'yaml') print(terminal, output, { data: view, table: () => '', names: () => [] })
  if (state === 'done') {
    if (output === 'table') terminal.out(`\n${paint(terminal, 'green', 'done')}: ${whyText(view)}`)
    return
  }
  const what =
    state === 'rolled-back' ? 'was rolled back: its prefixes are as they were' : 'was replaced by another change'
  throw new CommandError(exitCode.refused, `${id} ${what}`, [whyText(view)])
}
