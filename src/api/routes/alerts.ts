/**
 * Alerts of other systems. A message changes what is known and is always answered with 200 where it could be read: what
 * leads nowhere is told in the answer, in the log and by `herald alerts`, and is no reason to send it again for ever.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type ExternalAlert, currentAlerts, followAlerts } from '../../health/alert.ts'
import { subjectKey } from '../../health/subject.ts'
import type { Intent } from '../../intent/model.ts'
import type { StoredAlerts, UnmappedAlert } from '../../store/alarm-traffic.ts'
import { isoTime } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import {
  type AlertListView,
  type AlertmanagerMessage,
  type AlertsTakenView,
  alertListSchema,
  alertmanagerMessageSchema,
  alertsTakenSchema,
} from '../wire/alert.ts'
import { readProblems } from '../write.ts'

const noQuery = z.strictObject({})
const unmappedKept = 100

export function alertRoutes(api: Api, { deps, heads }: ApiContext): void {
  const { store, clock, logger } = deps
  api.post(
    '/v1/alerts/alertmanager',
    {
      config: { role: 'alerts' },
      schema: {
        tags: ['alarms'],
        summary: "Alertmanager's webhook (version 4), and Grafana's",
        description:
          'AlertMapping documents say which POP, neighbor and prefix an alert is about. While it fires, the place is sick; resolved starts its hold-down.',
        querystring: noQuery,
        body: alertmanagerMessageSchema,
        response: { 200: alertsTakenSchema, ...readProblems },
      },
    },
    async (request) => {
      const message = request.body
      const { intent } = await heads.current()
      const nowMs = clock()
      const alerts = message.alerts.map(alertOf)
      let unmapped: AlertsTakenView['unmapped'] = []
      await store.alerts.change((before) => {
        const followed = followMessage(before, message, alerts, intent, nowMs)
        unmapped = followed.unmapped
        return followed.after
      }, nowMs)
      if (unmapped.length > 0)
        logger.warn({ receiver: message.receiver, unmapped: unmapped.slice(0, 5) }, 'alerts lead nowhere')
      const led = new Set(unmapped.map(({ fingerprint }) => fingerprint))
      const taken = alerts.filter(({ fingerprint }) => !led.has(fingerprint)).length
      return { taken, unmapped, truncated: message.truncatedAlerts }
    },
  )

  api.get(
    '/v1/alerts',
    {
      schema: {
        tags: ['alarms'],
        summary: 'What alerts of other systems say, and those that lead nowhere',
        querystring: noQuery,
        response: { 200: alertListSchema, ...readProblems },
      },
    },
    async () => alertsView(await store.alerts.get()),
  )
}

/** Pure: called again after a race. */
function followMessage(
  before: StoredAlerts,
  { receiver, truncatedAlerts }: AlertmanagerMessage,
  alerts: readonly ExternalAlert[],
  intent: Intent,
  nowMs: number,
): { readonly after: StoredAlerts; readonly unmapped: AlertsTakenView['unmapped'] } {
  const { states, problems } = followAlerts(currentAlerts(before.states, intent, nowMs), alerts, intent, nowMs)
  const labels = new Map(alerts.map((alert) => [alert.fingerprint, { ...alert.labels }]))
  const unmapped = problems.map(({ fingerprint, problem }) => {
    return { fingerprint, problem, labels: labels.get(fingerprint) ?? {} }
  })
  const truncated = new Map(before.truncated)
  if (truncatedAlerts > 0) truncated.set(receiver, truncatedAlerts)
  else truncated.delete(receiver)
  return {
    after: { states, truncated, unmapped: rememberUnmapped(before.unmapped, alerts, unmapped, nowMs) },
    unmapped,
  }
}

function rememberUnmapped(
  before: StoredAlerts['unmapped'],
  alerts: readonly ExternalAlert[],
  unmapped: AlertsTakenView['unmapped'],
  atMs: number,
): ReadonlyMap<string, UnmappedAlert> {
  const now = new Map(before)
  for (const { fingerprint } of alerts) now.delete(fingerprint)
  for (const { fingerprint, labels, problem } of unmapped) now.set(fingerprint, { atMs, labels, problem })
  return new Map([...now].slice(-unmappedKept))
}

/** An alert without a fingerprint is named by its labels, as Alertmanager does. */
function alertOf({ status, labels, annotations, fingerprint }: AlertmanagerMessage['alerts'][number]): ExternalAlert {
  const summary = annotations['summary'] ?? annotations['description'] ?? labels['alertname']
  return {
    fingerprint: fingerprint ?? fingerprintOf(labels),
    status,
    labels,
    ...(summary !== undefined && { summary: summary.slice(0, 500) }),
  }
}

function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16)
}

function alertsView({ states, unmapped }: StoredAlerts): AlertListView {
  return {
    places: Array.from(states.values(), ({ mapping, subject, prefix, firing, sinceMs, summary }) => ({
      mapping,
      subject: subjectKey(subject),
      ...(prefix !== undefined && { prefix }),
      firing: firing.length,
      since: isoTime(sinceMs),
      summary,
    })),
    unmapped: [...unmapped].toReversed().map(([fingerprint, { atMs, labels, problem }]) => {
      return { fingerprint, labels, problem, at: isoTime(atMs) }
    }),
  }
}
