/** Staged changes as the API shows them: those that run, from documents and what their leader tells; those that ended, from the audit. */
import { rolloutNews } from '../intent/edit.ts'
import { type DocumentKey, documentKey, splitKey } from '../intent/document.ts'
import type { Spec } from '../intent/schema.ts'
import { msOf } from '../intent/schema/quantity.ts'
import type { RolloutState } from '../store/rollouts.ts'
import type { Revision, Store } from '../store/store.ts'
import { isoTime } from './alarm-view.ts'
import type { HeadState } from './heads.ts'
import type { RolloutView } from './wire/rollout.ts'

/** Ended ones are looked for among so many of the newest revisions. */
const revisionsSearched = 500
const pageOf = 50

export async function rolloutViews(store: Store, head: HeadState): Promise<readonly RolloutView[]> {
  const [told, latest] = await Promise.all([
    store.health.rollouts(),
    store.revisions.list({ limit: revisionsSearched }),
  ])
  const running = runningNames(head).map((id) => runningView(head, id, told, latest))
  return [...running, ...latest.flatMap((revision) => endedViews(revision))]
}

/** Undefined: none of that name runs, or ended lately. */
export async function rolloutView(store: Store, head: HeadState, id: string): Promise<RolloutView | undefined> {
  const key = documentKey({ kind: 'Rollout', name: id })
  const [told, its] = await Promise.all([store.health.rollouts(), latestOf(store, key)])
  if (head.documents.has(key)) return runningView(head, id, told, its === undefined ? [] : [its])
  return its === undefined ? undefined : endedViews(its).find((view) => view.id === id)
}

/** The newest revision that changed this document. */
async function latestOf({ revisions }: Store, key: DocumentKey): Promise<Revision | undefined> {
  let before: number | undefined
  for (let read = 0; read < revisionsSearched; read += pageOf) {
    const page = await revisions.list({ ...(before !== undefined && { before }), limit: pageOf })
    const found = page.find(({ changes }) => changes.some((change) => change.key === key))
    if (found !== undefined || page.length < pageOf) return found
    before = page.at(-1)?.revision
  }
  return undefined
}

function runningNames({ documents }: HeadState): readonly string[] {
  return [...documents.keys()]
    .map(splitKey)
    .filter(({ kind }) => kind === 'Rollout')
    .map(({ name }) => name)
    .toSorted()
}

function runningView(
  { documents }: HeadState,
  id: string,
  told: readonly RolloutState[],
  latest: readonly Revision[],
): RolloutView {
  const key = documentKey({ kind: 'Rollout', name: id })
  const spec = documents.get(key) as Spec<'Rollout'>
  const revision = latest.find(({ changes }) => changes.some((change) => change.key === key))?.revision
  const its = told.find((state) => state.id === id && state.stage === spec.stage)
  return {
    ...specView(id, spec),
    state: 'running',
    ...(revision !== undefined && { revision }),
    ...(its?.provedAtMs !== undefined && { readBackAt: isoTime(its.provedAtMs) }),
    ...(its !== undefined && { waitsFor: its.waitsFor }),
    ...(its?.untilMs !== undefined && { until: isoTime(its.untilMs) }),
  }
}

function endedViews({ revision, atMs, author, reason, changes }: Revision): readonly RolloutView[] {
  return rolloutNews(changes).flatMap(({ id, what }) => {
    if (what === 'started' || what === 'stage') return []
    const key = documentKey({ kind: 'Rollout', name: id })
    const spec = changes.find((change) => change.key === key)?.before as Spec<'Rollout'>
    return [{ ...specView(id, spec), state: what, ended: { revision, at: isoTime(atMs), author, reason } }]
  })
}

function specView(id: string, spec: Spec<'Rollout'>): Omit<RolloutView, 'state'> {
  const { prefixes, stages, stage, settle, giveUp, ungated, startedAtMs, stageAtMs, author, reason } = spec
  return {
    id,
    prefixes: prefixes.map(({ prefix }) => prefix),
    author,
    reason,
    stages: stages.map((pops, i) => ({ pops: [...pops], out: i < stage })),
    stage,
    settleSeconds: msOf(settle) / 1000,
    giveUpSeconds: msOf(giveUp) / 1000,
    ungated,
    startedAt: isoTime(startedAtMs),
    stageAt: isoTime(stageAtMs),
  }
}
