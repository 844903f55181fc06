/**
 * `herald drain --wait`: what a drain waits for as it changes, then the proof of what takes it away, until it is really
 * gone. Exit code 0 where it is, whether its traffic was seen gone or it waited as long as it may, which is said; 3 where
 * it is held, late or was lifted meanwhile, or, with --seen, where witnesses do not see it or another change took its place.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChangeView } from '../api/wire/change.ts'
import type { DrainView } from '../api/wire/drain.ts'
import type { RevisionListView } from '../api/wire/revision.ts'
import { ApiError, type ApiClient } from './client.ts'
import type { CliContext } from './cli-context.ts'
import { CommandError, exitCode, interruptedWait } from './exit-code.ts'
import { laterWords, supersededBy } from './superseded.ts'
import { type WaitOptions, followProof, requireDone, requireSight } from './wait.ts'

const lookEveryMs = 1000

export async function followDrain(
  cli: CliContext,
  api: ApiClient,
  change: ChangeView,
  options: WaitOptions,
): Promise<void> {
  const { id, revision } = change
  if (id === undefined) throw new Error('assertion: a drain that was made has a name')
  const deadline = performance.now() + options.timeoutSeconds * 1000
  const left = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000))
  const isMarked = ({ stage }: DrainView) => stage === 'scheduled' || stage === 'marked' || stage === 'waiting'
  const look = { ...options, deadline, tell: teller(cli, options) }
  const leaving = await lookUntil(cli, api, id, look, (drain) => !isMarked(drain))
  const leavingRevision = leaving.untilIdle?.idleAt === undefined ? revision : await idleRevision(api, id, revision)
  const proof = await followProof(cli, api, leavingRevision, { ...options, timeoutSeconds: left() })
  // Whoever changes the same prefixes meanwhile supersedes it; whether the drain is gone is known all the same.
  if (proof.state !== 'superseded') await requireDone(cli.terminal, api, proof, options)
  await lookUntil(cli, api, id, look, ({ stage }) => stage === 'gone')
  if (options.seen) await requireSight(api, proof, options.timeoutSeconds)
  else if (proof.state === 'superseded')
    for (const line of await laterWords(api, supersededBy(proof))) cli.terminal.err(line)
}

interface Look extends WaitOptions {
  /** By the monotonic clock, ms. */
  readonly deadline: number
  readonly tell: (sentence: string) => void
}

/** Each sentence once, as long as nothing else was to be said. */
function teller({ terminal }: CliContext, { output }: WaitOptions): Look['tell'] {
  let told = ''
  return (sentence) => {
    if (sentence !== told && output === 'table') terminal.out(sentence)
    told = sentence
  }
}

/** Tells each new sentence about the drain, until `enough`. */
async function lookUntil(
  cli: CliContext,
  api: ApiClient,
  id: string,
  { tell, deadline, timeoutSeconds }: Look,
  enough: (drain: DrainView) => boolean,
): Promise<DrainView> {
  for (;;) {
    const drain = await drainOf(api, id)
    tell(`${id}: ${drain.summary}`)
    if (cli.signal.aborted) throw interruptedWait(id, 'herald drains')
    if (enough(drain)) return drain
    if (performance.now() >= deadline)
      throw new CommandError(
        exitCode.notConverged,
        `${id} is committed, but not gone within ${timeoutSeconds} s; it goes on, see: herald drains`,
        [drain.summary],
      )
    await sleep(lookEveryMs, undefined, { signal: cli.signal }).catch(() => undefined)
  }
}

async function drainOf(api: ApiClient, id: string): Promise<DrainView> {
  try {
    return await api.request<DrainView>({ path: `/v1/drains/${encodeURIComponent(id)}` })
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 404) throw error
    throw new CommandError(exitCode.notConverged, `${id} was lifted before it was gone; see: herald history`)
  }
}

/** The revision by which automation said that the traffic of this drain is gone; its own, where that is long ago. */
async function idleRevision(api: ApiClient, id: string, own: number): Promise<number> {
  const { revisions } = await api.request<RevisionListView>({ path: '/v1/revisions', query: { limit: 200 } })
  const said = revisions.find(
    ({ revision, author, changes }) =>
      revision > own && author === 'herald:drain' && changes.some(({ document }) => document === `Drain/${id}`),
  )
  return said?.revision ?? own
}
