/** Receivers of alarms, and how telling them goes. */
import { z } from 'zod'
import type { Receiver } from '../../intent/monitoring.ts'
import type { ReceiverState } from '../../store/alarm-traffic.ts'
import { isoTime } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { type ReceiverView, receiverListSchema } from '../wire/receiver.ts'
import { readProblems } from '../write.ts'

export function receiverRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/receivers',
    {
      schema: {
        tags: ['alarms'],
        summary: 'Where alarms are told, and how that goes',
        querystring: z.strictObject({}),
        response: { 200: receiverListSchema, ...readProblems },
      },
    },
    async () => {
      const [{ intent }, states] = await Promise.all([heads.current(), deps.store.notices.states()])
      const receivers = [...intent.receivers.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return { receivers: receivers.map((receiver) => receiverView(receiver, states.get(receiver.id))) }
    },
  )
}

function receiverView({ id, kind, url }: Receiver, state: ReceiverState | undefined): ReceiverView {
  const { sent = 0, givenUp = 0, waiting = 0, lastSentAtMs, failure } = state ?? {}
  return {
    id,
    kind,
    ...(url !== undefined && URL.canParse(url) && { host: new URL(url).host }),
    state: failure !== undefined ? 'failing' : sent > 0 ? 'well' : 'new',
    sent,
    givenUp,
    waiting,
    ...(lastSentAtMs !== undefined && { lastSentAt: isoTime(lastSentAtMs) }),
    ...(failure !== undefined && { failure: { at: isoTime(failure.atMs), problem: failure.problem } }),
  }
}
