/**
 * `--wait`: the proof of a revision as it comes, per speaker: pushed → in RIB → in adj-out, in milliseconds after it was
 * accepted; `--seen` goes on until vantage points have seen it. On a terminal the table is redrawn, else each stage is a
 * line of its own.
 */
import type { WarningView } from '../api/wire/plan.ts'
import type { ProofView } from '../api/wire/revision.ts'
import type { ApiClient } from './client.ts'
import { moveText, moveWords } from './catchment-text.ts'
import type { CliContext, Output } from './cli-context.ts'
import { detectionText } from './detection-text.ts'
import { CommandError, exitCode, interruptedWait } from './exit-code.ts'
import { print } from './output.ts'
import { routersText, routersWords } from './seen-text.ts'
import { laterWords, supersededBy } from './superseded.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

/** Something held may be released by a speaker that answers again; for so long it is worth waiting. */
const heldGraceMs = 3000
const pollSeconds = 2
/** So long after a proof the controller has begun to watch, or there is nothing to see. */
const watchedWithinMs = 3000

export interface WaitOptions {
  readonly timeoutSeconds: number
  readonly output: Output
  /** Wait for vantage points as well. */
  readonly seen: boolean
  /** What the change was answered with. */
  readonly warnings: readonly WarningView[]
}

/** Resolves when done and somebody hears it. Otherwise fails with exit code 3 and what is missing. */
export async function waitForProof(
  cli: CliContext,
  api: ApiClient,
  revision: number,
  options: WaitOptions,
): Promise<void> {
  const proof = await followProof(cli, api, revision, options)
  await requireDone(cli.terminal, api, proof, options)
  requireAudience(proof, options.warnings)
  if (options.seen) await requireSight(api, proof, options.timeoutSeconds)
}

/**
 * Shows the proof as it comes, until it is done (and, with `seen`, no witness is waited for any more), superseded, held for a
 * while, or late. Fails with exit code 130 where it is interrupted.
 */
export async function followProof(
  cli: CliContext,
  api: ApiClient,
  revision: number,
  options: Pick<WaitOptions, 'timeoutSeconds' | 'output' | 'seen'>,
): Promise<ProofView> {
  const live = options.output === 'table' ? progressOn(cli.terminal) : undefined
  const deadline = performance.now() + options.timeoutSeconds * 1000
  let heldSince: number | undefined
  let doneSince: number | undefined
  let proof: ProofView | undefined
  for (;;) {
    const left = deadline - performance.now()
    const wait = Math.max(1, Math.min(pollSeconds, Math.ceil(left / 1000)))
    const query = { wait, ...(proof !== undefined && { seen: proof.progress }) }
    proof = await api.request<ProofView>({ path: `/v1/revisions/${revision}/proof`, query })
    live?.show(proof)
    if (proof.state === 'superseded') break
    if (proof.state === 'done') {
      doneSince ??= performance.now()
      if (!options.seen || !isToBeSeen(proof, performance.now() - doneSince)) break
    }
    heldSince = proof.state === 'held' ? (heldSince ?? performance.now()) : undefined
    if (cli.signal.aborted) throw interruptedWait(`revision ${revision}`, `herald history ${revision}`)
    if (heldSince !== undefined && performance.now() - heldSince > heldGraceMs) break
    if (performance.now() >= deadline) break
  }
  live?.end()
  return proof
}

/** Says how it ended. Fails with exit code 3 where it is not done. */
export async function requireDone(
  terminal: Terminal,
  api: ApiClient,
  proof: ProofView,
  { output, timeoutSeconds }: Pick<WaitOptions, 'output' | 'timeoutSeconds'>,
): Promise<void> {
  if (output === 'json' || output === 'yaml') print(terminal, output, { data: proof, table: () => '', names: () => [] })
  else if (output === 'table') terminal.out(proofText(terminal, proof))
  if (proof.state === 'done') return
  if (proof.state === 'superseded') {
    const what = `revision ${proof.revision} was superseded by another change before it was proved`
    throw new CommandError(exitCode.notConverged, what, await laterWords(api, supersededBy(proof)))
  }
  const details = [
    ...proof.held,
    ...proof.speakers.flatMap(({ speaker, problem }) => (problem ? [`${speaker}: ${problem}`] : [])),
  ]
  const what = {
    pending: `revision ${proof.revision} is committed, but not proved within ${timeoutSeconds} s; it goes on, see: herald history ${proof.revision}`,
    held: `revision ${proof.revision} is committed, but held`,
  }[proof.state]
  throw new CommandError(exitCode.notConverged, what, details)
}

/** In every RIB, and yet for nobody: an operator who waits for a proof must not take that for one. */
function requireAudience({ revision, speakers }: ProofView, warnings: readonly WarningView[]): void {
  const silent = speakers.filter(isUnheard).map((part) => `${placeOf(part)}: ${unheard}`)
  const told = new Set(speakers.filter(isUnheard).map(({ speaker }) => speaker))
  for (const { code, speaker, prefix, message } of warnings)
    if (code === 'unheard-family' && speaker !== undefined && !told.has(speaker))
      silent.push(`${speaker}, ${prefix}: ${message}`)
  if (silent.length > 0)
    throw new CommandError(
      exitCode.notConverged,
      `revision ${revision} is in the RIBs, but not heard everywhere`,
      silent,
    )
}

/** Some witness is still waited for; or none has begun yet, shortly after the proof. */
function isToBeSeen({ catchment, routers }: ProofView, doneForMs: number): boolean {
  if (catchment === undefined && routers === undefined) return doneForMs < watchedWithinMs
  return catchment?.state === 'watching' || routers?.state === 'watching'
}

/**
 * Proved at every neighbor, and yet not seen from outside: who asked for that must not take one for the other. Witnesses
 * that cannot tell are no objection where others can.
 */
export async function requireSight(api: ApiClient, proof: ProofView, timeoutSeconds: number): Promise<void> {
  const { revision, state, catchment, routers } = proof
  const told = [
    ...(catchment === undefined || catchment.state === 'untold' ? [] : [`catchment ${moveWords(catchment)}`]),
    ...(routers === undefined || routers.state === 'untold' ? [] : [`vantage routers: ${routersWords(routers)}`]),
  ]
  const isMoved = catchment === undefined || ['moved', 'untold'].includes(catchment.state)
  const isSeen = routers === undefined || ['seen', 'gone', 'untold'].includes(routers.state)
  if (told.length > 0 && isMoved && isSeen) return
  if ([state, catchment?.state, routers?.state].includes('superseded')) {
    const what = `revision ${revision} was superseded by another change before it was seen`
    throw new CommandError(exitCode.notConverged, what, await laterWords(api, supersededBy(proof)))
  }
  const nobody = 'no vantage point names the POP that answers, and no vantage router can tell'
  const what = `revision ${revision} is done, but not seen within ${timeoutSeconds} s`
  throw new CommandError(exitCode.notConverged, what, told.length === 0 ? [nobody] : told)
}

const unheard = 'no established neighbor: nobody hears it'

function isUnheard({ announce, neighbors }: ProofView['speakers'][number]): boolean {
  return announce > 0 && neighbors === 0
}

function placeOf({ speaker, pop }: ProofView['speakers'][number]): string {
  return pop === undefined ? speaker : `${speaker} at ${pop}`
}

export function proofText(terminal: Terminal, proof: ProofView): string {
  const rows = proof.speakers.map((part) => [
    part.pop ?? '-',
    part.speaker,
    milliseconds(part.pushedMs),
    milliseconds(part.ribMs),
    milliseconds(part.adjOutMs),
    part.neighbors === undefined ? '-' : String(part.neighbors),
    part.problem ?? (isUnheard(part) ? paint(terminal, 'yellow', unheard) : ''),
  ])
  const headers = ['POP', 'SPEAKER', 'PUSHED', 'RIB', 'ADJ-OUT', 'NEIGHBORS', '']
  const table = rows.length === 0 ? [] : [renderTable(headers, rows)]
  const state = paint(terminal, proof.state === 'done' ? 'green' : 'yellow', proof.state)
  const end = proof.doneMs === undefined ? '' : ` ${milliseconds(proof.doneMs)} after it was accepted`
  const planned = proof.plannedMs === undefined ? '' : `, planned after ${milliseconds(proof.plannedMs)}`
  const detection = detectionText(proof)
  const detected = detection === undefined ? [] : [detection]
  const seen = [
    ...(proof.catchment === undefined ? [] : [moveText(terminal, proof.catchment)]),
    ...(proof.routers === undefined ? [] : [routersText(terminal, proof.routers)]),
  ]
  return [...table, `revision ${proof.revision}: ${state}${end}${planned}`, ...detected, ...seen].join('\n')
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value} ms`
}

interface Progress {
  show(proof: ProofView): void
  end(): void
}

function progressOn(terminal: Terminal): Progress {
  return terminal.redraws ? redrawn(terminal) : lineByLine(terminal)
}

function redrawn(terminal: Terminal): Progress {
  let drawn = 0
  const clear = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`)
  return {
    show(proof) {
      const text = proofText(terminal, proof)
      terminal.out(clear() + text)
      drawn = text.split('\n').length
    },
    end() {
      if (drawn > 0) terminal.out(`${clear()}\u001b[1A`)
      drawn = 0
    },
  }
}

/** One line a stage and speaker, on stdout as it comes. */
function lineByLine(terminal: Terminal): Progress {
  const told = new Set<string>()
  const tell = (line: string): void => {
    if (told.has(line)) return
    told.add(line)
    terminal.out(line)
  }
  return {
    show({ plannedMs, speakers, held, catchment }) {
      if (plannedMs !== undefined) tell(`planned ${plannedMs} ms`)
      for (const { pop = '-', speaker, pushedMs, ribMs, adjOutMs, problem } of speakers) {
        if (pushedMs !== undefined) tell(`${pop} ${speaker} pushed ${pushedMs} ms`)
        if (ribMs !== undefined) tell(`${pop} ${speaker} in RIB ${ribMs} ms`)
        if (adjOutMs !== undefined) tell(`${pop} ${speaker} in adj-out ${adjOutMs} ms`)
        if (problem !== undefined) tell(`${pop} ${speaker}: ${problem}`)
      }
      for (const sentence of held) tell(`held: ${sentence}`)
      for (const { vantage, before, after, firstNewMs } of catchment?.vantages ?? [])
        if (firstNewMs !== undefined && before !== after) tell(`${vantage} answered by ${after} ${firstNewMs} ms`)
    },
    end: () => undefined,
  }
}
