/**
 * Alertmanager's API v2 (`POST /api/v2/alerts`): a list of alerts. An alert that is not told again before its `endsAt` is
 * taken for resolved there, so that those that are open are told every minute with an end a few minutes ahead.
 */
import type { Alarm } from '../../health/alarm.ts'
import type { Notice, NoticeRequest } from '../request.ts'

/** Longer than a few missed tellings. */
const openForMs = 300_000

export function alertmanagerRequest({ alarms, url, secret, nowMs }: Notice): NoticeRequest {
  return {
    url: url.includes('/api/v2/') ? url : `${url.replace(/\/+$/, '')}/api/v2/alerts`,
    headers: {
      'content-type': 'application/json',
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify(alarms.map((alarm) => alertOf(alarm, nowMs))),
  }
}

/** Labels are the identity of an alert there, so nothing that changes while it lasts is one. */
function alertOf(
  { id, kind, subject, severity, message, labels, startedAtMs, resolvedAtMs, acknowledged }: Alarm,
  nowMs: number,
) {
  return {
    labels: { alertname: kind, ...labels, subject, severity, herald_alarm: id },
    annotations: {
      summary: message,
      ...(acknowledged !== undefined && { acknowledged: `by ${acknowledged.by}: ${acknowledged.reason ?? ''}` }),
    },
    startsAt: new Date(startedAtMs).toISOString(),
    endsAt: new Date(resolvedAtMs ?? nowMs + openForMs).toISOString(),
  }
}
