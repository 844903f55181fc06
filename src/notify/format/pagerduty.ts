/**
 * PagerDuty Events API v2: `trigger`, `acknowledge` and `resolve` of one incident, which `dedup_key` names. The secret is
 * the routing key of the integration.
 */
import { createHash } from 'node:crypto'
import type { Alarm, AlarmState } from '../../health/alarm.ts'
import type { Notice, NoticeRequest } from '../request.ts'

const actions: Readonly<Record<AlarmState, 'trigger' | 'acknowledge' | 'resolve'>> = {
  pending: 'trigger',
  firing: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
}

const longestSummary = 1024
const longestKey = 255

export function pagerdutyRequest({ alarms, url, secret, nowMs }: Notice): NoticeRequest {
  const [alarm] = alarms
  const event = alarm === undefined ? {} : eventOf(alarm, nowMs)
  return {
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ routing_key: secret, ...event }),
  }
}

function eventOf({ id, state, kind, subject, severity, message, labels, firedAtMs }: Alarm, nowMs: number) {
  const action = { event_action: actions[state], dedup_key: keyOf(id) }
  if (action.event_action !== 'trigger') return action
  return {
    ...action,
    client: 'Herald',
    payload: {
      summary: message.slice(0, longestSummary),
      source: labels?.['pop'] ?? 'herald',
      severity,
      timestamp: new Date(firedAtMs ?? nowMs).toISOString(),
      component: subject,
      class: kind,
      custom_details: { alarm: id, ...labels },
    },
  }
}

function keyOf(id: string): string {
  return id.length <= longestKey ? id : createHash('sha256').update(id).digest('hex')
}
