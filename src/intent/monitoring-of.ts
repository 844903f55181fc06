/** From canonical documents of monitoring and failover to their values: durations become milliseconds. */
import { isExternal, neighborKinds } from '../bgp/neighbor.ts'
import type { Pop } from './model.ts'
import type {
  Agent,
  AgentId,
  AlertMapping,
  AlertMappingId,
  Check,
  CheckId,
  CheckProbe,
  CheckWindow,
  Collector,
  CollectorId,
  Failover,
  FailoverPlace,
  FailoverPolicy,
  LabelMatch,
  Receiver,
  SecretSource,
} from './monitoring.ts'
import type { Spec } from './schema/specs.ts'
import { capacityOf, msOf } from './schema/quantity.ts'

export type MonitoringModel =
  | { readonly kind: 'Agent'; readonly value: Agent }
  | { readonly kind: 'Check'; readonly value: Check }
  | { readonly kind: 'Collector'; readonly value: Collector }
  | { readonly kind: 'Receiver'; readonly value: Receiver }
  | { readonly kind: 'AlertMapping'; readonly value: AlertMapping }
  | { readonly kind: 'Failover'; readonly value: Failover }

export function monitoringModelOf(kind: MonitoringModel['kind'], name: string, spec: unknown): MonitoringModel {
  switch (kind) {
    case 'Agent':
      return { kind, value: agentOf(name as AgentId, spec as Spec<'Agent'>) }
    case 'Check':
      return { kind, value: checkOf(name as CheckId, spec as Spec<'Check'>) }
    case 'Collector': {
      const { seenWithin, ...rest } = spec as Spec<'Collector'>
      return { kind, value: { id: name as CollectorId, ...rest, seenWithinMs: msOf(seenWithin) } }
    }
    case 'Receiver':
      return { kind, value: receiverOf(name, spec as Spec<'Receiver'>) }
    case 'AlertMapping': {
      const { match, ...rest } = spec as Spec<'AlertMapping'>
      return { kind, value: { id: name as AlertMappingId, ...rest, match: labelMatch(match) } }
    }
    case 'Failover':
      return { kind, value: failoverOf(name, spec as Spec<'Failover'>) }
  }
}

function agentOf(id: AgentId, { pop, region, label, description }: Spec<'Agent'>): Agent {
  const vantage = {
    kind: 'vantage' as const,
    ...(region !== undefined && { region }),
    ...(label !== undefined && { label }),
  }
  return {
    id,
    place: pop === undefined ? vantage : { kind: 'pop', pop },
    ...(description !== undefined && { description }),
  }
}

const externalKinds = neighborKinds.filter(isExternal)

function checkOf(id: CheckId, spec: Spec<'Check'>): Check {
  const {
    probe,
    targets,
    sources,
    interval,
    timeout,
    window,
    holdDown,
    detectWithin,
    neighborKinds: kinds,
    ...rest
  } = spec
  return {
    id,
    ...rest,
    neighborKinds: kinds ?? externalKinds,
    probe: probeOf(probe),
    targets: new Map(Object.entries(targets)),
    sources: new Map(Object.entries(sources)),
    intervalMs: msOf(interval),
    timeoutMs: msOf(timeout),
    ...(window !== undefined && { window: windowOf(window) }),
    holdDownMs: msOf(holdDown),
    ...(detectWithin !== undefined && { detectWithinMs: msOf(detectWithin) }),
  }
}

function probeOf(probe: Spec<'Check'>['probe']): CheckProbe {
  if (probe.kind !== 'udp') return probe
  const { spacing, ...rest } = probe
  return { ...rest, spacingMs: msOf(spacing) }
}

function windowOf({ length, maxLossPercent, maxRtt, maxJitter }: NonNullable<Spec<'Check'>['window']>): CheckWindow {
  return {
    lengthMs: msOf(length),
    ...(maxLossPercent !== undefined && { maxLossRatio: maxLossPercent / 100 }),
    ...(maxRtt !== undefined && { maxRttMs: msOf(maxRtt) }),
    ...(maxJitter !== undefined && { maxJitterMs: msOf(maxJitter) }),
  }
}

function receiverOf(id: string, { urlFrom, secret, match, ...rest }: Spec<'Receiver'>): Receiver {
  return {
    id,
    ...rest,
    ...(urlFrom !== undefined && { urlFrom: urlFrom as SecretSource }),
    ...(secret !== undefined && { secret: secret as SecretSource }),
    match: labelMatch(match),
  }
}

function labelMatch(match: Readonly<Record<string, readonly string[]>>): LabelMatch {
  return new Map(Object.entries(match))
}

function failoverOf(id: string, { pop, neighbor, prepend, graceSeconds, ...rest }: Spec<'Failover'>): Failover {
  const place: FailoverPlace | undefined =
    pop !== undefined ? { kind: 'pop', pop } : neighbor && { kind: 'neighbor', neighbor }
  if (place === undefined) throw new Error('assertion: a failover that the schema passed has a place')
  return { id, ...rest, place, prepend: prepend ?? 3, graceSeconds: graceSeconds ?? 2 }
}

export function failoverPolicyOf(spec: NonNullable<Spec<'Prefix'>['failover']>): FailoverPolicy {
  const { lease, holdDown, return: back, ...rest } = spec
  return {
    ...rest,
    lease: lease.after === undefined ? { policy: 'hold' } : { policy: 'withdraw', afterMs: msOf(lease.after) },
    ...(holdDown !== undefined && { holdDownMs: msOf(holdDown) }),
    return: { prepends: back.prepends, stageMs: msOf(back.stage) },
  }
}

export function capacityPart(text: string | undefined): Pick<Pop, 'capacity'> {
  const capacity = text === undefined ? undefined : capacityOf(text)
  return capacity === undefined ? {} : { capacity }
}
