/** From the core's plans to what the API shows of them. */
import { type AttributesKey, type PathAttributes, attributesOf } from '../bgp/path.ts'
import type { Refusal } from '../health/failover-input.ts'
import type { Action } from '../plan/action.ts'
import type { Explanation, SiteExplanation } from '../plan/explain.ts'
import type { Plan } from '../plan/plan.ts'
import { refusalView } from './automation-view.ts'
import type { RefusalView } from './wire/automation.ts'
import type { ExplanationView, LearnedView } from './wire/explanation.ts'
import type { ActionView, AttributesView, PlanView } from './wire/plan.ts'

const shownAtMost = 2000

export function attributesView(key: AttributesKey): AttributesView {
  return pathView(attributesOf(key))
}

function pathView({ asPath, communities, largeCommunities, ...rest }: PathAttributes): AttributesView {
  return {
    ...rest,
    asPath: [...asPath],
    communities: [...communities],
    largeCommunities: [...largeCommunities],
  }
}

export function planView(plan: Plan, prefixes: { readonly planned: number; readonly of: number }): PlanView {
  const summary: Record<string, number> = {}
  for (const { kind } of plan.actions) summary[kind] = (summary[kind] ?? 0) + 1
  return {
    summary,
    actions: plan.actions.slice(0, shownAtMost).map(actionView),
    held: plan.held.slice(0, shownAtMost).map((held) => ({ ...held })),
    warnings: plan.warnings.slice(0, shownAtMost).map((warning) => ({ ...warning })),
    prefixes: { ...prefixes },
  }
}

export const emptyPlan: PlanView = { summary: {}, actions: [], held: [], warnings: [], prefixes: { planned: 0, of: 0 } }

function actionView({ from, to, ...action }: Action): ActionView {
  return {
    ...action,
    ...(from !== undefined && { from: attributesView(from) }),
    ...(to !== undefined && { to: attributesView(to) }),
  }
}

export function explanationView(
  { changesAtMs, ...explanation }: Explanation,
  learned: readonly LearnedView[],
  refused: readonly Refusal[],
): ExplanationView {
  const views = refused.map(refusalView)
  return {
    ...explanation,
    intended: [...explanation.intended],
    sites: explanation.sites.map(siteView),
    learned: [...learned],
    warnings: explanation.warnings.map((warning) => ({ ...warning })),
    refused: views,
    sentences: [
      ...explanation.sentences,
      ...views.map(refusalSentence),
      ...learned.flatMap(({ sentences }) => sentences),
    ],
    ...(changesAtMs !== undefined && { changesAt: new Date(changesAtMs).toISOString() }),
  }
}

const wantedWords = { out: 'take it away', back: 'bring it back', activate: 'activate it' } as const

function refusalSentence({ title, wanted, place, message, until, wayOut }: RefusalView): string {
  const end = until === undefined ? '' : ` until ${until}`
  return `Automation would ${wantedWords[wanted]} at ${place.name}; ${title} does not let it${end}: ${message}. Way out: ${wayOut}.`
}

function siteView({ desired, target, observed, offers, ...site }: SiteExplanation): ExplanationView['sites'][number] {
  return {
    ...site,
    layers: site.layers.map((layer) => ({ ...layer })),
    actions: site.actions.map(actionView),
    held: site.held.map((held) => ({ ...held })),
    sentences: [...site.sentences],
    ...(desired !== undefined && { desired: pathView(desired) }),
    ...(offers !== undefined && { offers: offers.map((offer) => ({ ...offer })) }),
    ...(target !== undefined && {
      target: {
        kind: target.kind,
        revision: target.revision,
        ...(target.kind === 'announce' && { attributes: attributesView(target.attributes) }),
      },
    }),
    ...(observed !== undefined && {
      observed: { owner: observed.owner, attributes: attributesView(observed.attributes) },
    }),
  }
}
