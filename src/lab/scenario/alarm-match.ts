/** Alarms as scenarios name them: `web-ipv4 at nyc`, `breaker resolved`, `failover-refused at fra saying below its floor`. */
import type { AlarmView } from '../../api/wire/alarm.ts'

export interface AlarmMatch {
  /** Name of the check, or `breaker`, `monitoring-suspect`, …; undefined: any. */
  readonly kind: string | undefined
  /** A POP, neighbor, agent or speaker that it is about. */
  readonly place: string | undefined
  /** Its message has these words. */
  readonly saying: string | undefined
}

/** `KIND [at PLACE] [saying WORDS]` */
export function parseAlarmMatch(text: string): AlarmMatch | undefined {
  const [, kind, place, saying] = /^(\S+)(?:\s+at\s+(\S+))?(?:\s+saying\s+(\S.*))?$/.exec(text.trim()) ?? []
  return kind === undefined ? undefined : { kind, place, saying }
}

export function matches({ kind, place, saying }: AlarmMatch, alarm: AlarmView): boolean {
  const { pop, neighbor, agent, speaker } = alarm.labels
  return (
    (kind === undefined || alarm.kind === kind) &&
    (place === undefined || [pop, neighbor, agent, speaker].includes(place)) &&
    (saying === undefined || alarm.message.includes(saying))
  )
}

/** It fires, or has been acknowledged, and is not over. */
export function isOpen({ state }: AlarmView): boolean {
  return state === 'firing' || state === 'acknowledged'
}

export function alarmsText(alarms: readonly AlarmView[]): string {
  if (alarms.length === 0) return 'none'
  return alarms.map(({ id, state, message }) => `${id} ${state}: ${message}`).join('\n')
}
