/** A Slack incoming webhook: a line for notifications, and the same as blocks. The URL is the secret. */
import type { Alarm } from '../../health/alarm.ts'
import type { Notice, NoticeRequest } from '../request.ts'

const longestText = 2900

export function slackRequest({ alarms, url }: Notice): NoticeRequest {
  const [alarm] = alarms
  return {
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alarm === undefined ? { text: 'no alarm' } : messageOf(alarm)),
  }
}

function messageOf(alarm: Alarm) {
  const { id, state, severity, message, labels, acknowledged, startedAtMs, resolvedAtMs } = alarm
  const head = `${state === 'firing' ? severity.toUpperCase() : state.toUpperCase()}: ${message}`
  const lasted = resolvedAtMs === undefined ? [] : [`lasted ${Math.round((resolvedAtMs - startedAtMs) / 1000)} s`]
  const by =
    acknowledged === undefined
      ? []
      : [`acknowledged by ${acknowledged.by}`, ...((acknowledged.reason ?? '') ? [acknowledged.reason ?? ''] : [])]
  const about = Object.entries(labels ?? {}).map(([name, value]) => `${name} ${value}`)
  const context = [id, ...about, ...by, ...lasted].join(' · ')
  return {
    text: escaped(head),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${escaped(head)}*` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(context) }] },
    ],
  }
}

/** Slack's three control characters. */
function escaped(text: string): string {
  return text.slice(0, longestText).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
