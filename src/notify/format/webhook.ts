/**
 * The generic webhook: one alarm as JSON, signed. Header `Herald-Signature: t=<seconds>,v1=<hex>`, where v1 is the
 * HMAC-SHA256 of `<t>.<body>` by the receiver's secret. Whoever takes it computes the same over the bytes of the body,
 * compares in constant time, and refuses a `t` that is more than five minutes away: then a captured request is worth
 * nothing later. `Herald-Delivery` is the same when a notice is sent again.
 */
import { createHmac } from 'node:crypto'
import type { Alarm } from '../../health/alarm.ts'
import type { Notice, NoticeRequest } from '../request.ts'

export function webhookRequest({ alarms, id, url, secret, nowMs }: Notice): NoticeRequest {
  const [alarm] = alarms
  const body = JSON.stringify({ version: 1, id, alarm: alarm === undefined ? null : alarmJson(alarm) })
  return {
    url,
    headers: {
      'content-type': 'application/json',
      'herald-delivery': id,
      ...(secret !== undefined && { 'herald-signature': signature(body, secret, Math.floor(nowMs / 1000)) }),
    },
    body,
  }
}

/** @param atSeconds since the epoch */
export function signature(body: string, secret: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`
}

function alarmJson({ id, state, severity, kind, subject, message, labels, ...alarm }: Alarm) {
  const { source, startedAtMs, firedAtMs, acknowledged, resolvedAtMs } = alarm
  const iso = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs).toISOString())
  return {
    id,
    state,
    severity,
    kind,
    subject,
    message,
    labels: labels ?? {},
    source,
    startedAt: iso(startedAtMs),
    firedAt: iso(firedAtMs),
    acknowledged: acknowledged && { by: acknowledged.by, at: iso(acknowledged.atMs), reason: acknowledged.reason },
    resolvedAt: iso(resolvedAtMs),
  }
}
