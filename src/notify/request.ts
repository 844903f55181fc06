/** One HTTP request that tells a receiver something: made by the format of its kind, sent by src/notify/send.ts. */
import type { Alarm } from '../health/alarm.ts'
import type { Receiver } from '../intent/monitoring.ts'
import { alertmanagerRequest } from './format/alertmanager.ts'
import { pagerdutyRequest } from './format/pagerduty.ts'
import { slackRequest } from './format/slack.ts'
import { webhookRequest } from './format/webhook.ts'

export interface NoticeRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a format is given. */
export interface Notice {
  /** Usually one; all that are open where Alertmanager is told again. */
  readonly alarms: readonly Alarm[]
  /** Names the event: the same notice sent again has the same. */
  readonly id: string
  readonly url: string
  readonly secret: string | undefined
  readonly nowMs: number
}

/** Where the document names no URL. */
export const defaultUrls: Readonly<Partial<Record<Receiver['kind'], string>>> = {
  pagerduty: 'https://events.pagerduty.com/v2/enqueue',
}

export function requestOf(kind: Receiver['kind'], notice: Notice): NoticeRequest {
  switch (kind) {
    case 'webhook':
      return webhookRequest(notice)
    case 'alertmanager':
      return alertmanagerRequest(notice)
    case 'pagerduty':
      return pagerdutyRequest(notice)
    case 'slack':
      return slackRequest(notice)
  }
}
