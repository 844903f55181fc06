/** Agent and Check: who probes, what is probed, and when it counts as failed. */
import { z } from 'zod'
import { neighborKinds } from '../../bgp/neighbor.ts'
import type { AgentId } from '../monitoring.ts'
import type { NeighborId, PopId, RegionId } from '../model.ts'
import { addressField, byName, fields, label, list, missing, words, whole } from './fields.ts'
import { duration, msOf } from './quantity.ts'
import { selectorField } from './selector.ts'
import { templateProblem, urlTemplateProblem } from './template.ts'

const descriptionField = words(500, 'For people').exactOptional()

export const agentSpec = fields({
  pop: label<PopId>('Name of the Pop it stands at').exactOptional(),
  vantage: z.literal(true, { error: 'write true, or a pop instead' }).exactOptional().meta({
    description: 'true: it stands outside of all POPs and sees them as clients do',
  }),
  region: label<RegionId>('Vantage point only: name of the Region it is in').exactOptional(),
  label: words(100, 'Vantage point only: what tells it from others, such as the network it is in').exactOptional(),
  description: descriptionField,
})
  .refine(({ pop, vantage }) => (pop === undefined) !== (vantage === undefined), {
    error: 'write one of pop and vantage: true',
  })
  .refine(({ pop, region, label: named }) => pop === undefined || (region === undefined && named === undefined), {
    error: 'region and label are those of a vantage point; an agent at a POP has those of the POP',
  })

const kind = <K extends string>(name: K) => z.literal(name).meta({ description: 'What is sent' })
const port = (description: string) => whole(1, 65535, description)

const probeField = z
  .discriminatedUnion(
    'kind',
    [
      fields({ kind: kind('icmp'), count: whole(1, 100, 'Echo requests in one probe. Default 1').default(1) }),
      fields({ kind: kind('tcp'), port: port('Port connected to') }),
      fields({
        kind: kind('http'),
        url: template(urlTemplateProblem, 'http:// or https://; may hold {pop}, {region}, {neighbor}'),
        statuses: list(whole(100, 599, 'A status code'), 100, 'Status codes that are an answer. Default 200')
          .refine((codes) => codes.length > 0, { error: 'write at least one status code' })
          .prefault([200]),
        body: words(1000, 'Must occur in the first 64 KiB of the body').exactOptional(),
        tlsDaysLeft: whole(0, 3650, 'Fails when the certificate expires sooner, days').exactOptional(),
        popHeader: words(100, 'Response header that names the answering POP').exactOptional(),
      }),
      fields({
        kind: kind('dns'),
        port: port('Port asked. Default 53').default(53),
        name: template(templateProblem, 'Name asked for; may hold {pop}, {region}, {neighbor}'),
        type: z
          .string()
          .regex(/^[A-Z][A-Z0-9]{0,15}$/, { error: 'write a record type, such as A, AAAA, SOA or TXT' })
          .default('A')
          .meta({ description: 'Record type asked for. Default A' }),
        answer: words(1000, 'Must be among the answers; absent: any NOERROR answer will do').exactOptional(),
        identify: z
          .enum(['nsid', 'id.server'])
          .exactOptional()
          .meta({ description: 'How the answering POP is named: NSID (RFC 5001) or id.server (RFC 4892)' }),
      }),
      fields({
        kind: kind('udp'),
        port: port('Port of the echo responder'),
        packets: whole(1, 100, 'Packets in one probe. Default 10').default(10),
        spacing: duration(1, 1000, 'Between two packets. Default 20ms').default('20ms'),
      }),
    ],
    { error: probeProblem },
  )
  .meta({ description: 'What is sent, and what counts as an answer' })

function probeProblem({ code, input }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_union') return input === undefined ? missing : undefined
  return 'write kind: icmp, tcp, http, dns or udp'
}

function template(problemOf: (text: string) => string | undefined, description: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const message = problemOf(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .meta({ description })
}

/** An address, or the one placeholder that stands for one. */
function addressOr<P extends string>(placeholder: P, description: string) {
  return z
    .union([z.literal(placeholder), addressField], {
      error: ({ input }) =>
        input === undefined ? missing : `write an IP address in canonical form, or "${placeholder}"`,
    })
    .meta({ description })
}

const perPlace = 'by name of the Pop; subject neighbor: of the Neighbor'

const windowField = fields({
  length: duration(1000, 3_600_000, 'How far back is looked. Default 30s').default('30s'),
  maxLossPercent: whole(0, 99, 'More loss than this counts as failed, percent').exactOptional(),
  maxRtt: duration(1, 60_000, 'A longer median round trip counts as failed').exactOptional(),
  maxJitter: duration(1, 60_000, 'More jitter counts as failed').exactOptional(),
})
  .refine((limits) => Object.keys(limits).some((name) => name !== 'length'), {
    error: 'write at least one of maxLossPercent, maxRtt and maxJitter',
  })
  .meta({ description: 'Limits over a while, beside single answers' })

const shape = {
  description: descriptionField,
  subject: z
    .enum(['service', 'neighbor', 'path'])
    .meta({ description: 'What it is about at each POP: a service, each ISP line (neighbor), or a path' }),
  at: list(selectorField, 1000, 'POPs that it is about').prefault(['all']),
  except: list(selectorField, 1000, 'Places within these that it is not about').default([]),
  neighbors: list(label<NeighborId>('Name of the Neighbor'), 10_000, 'Subject neighbor: only these').exactOptional(),
  neighborKinds: list(
    z.enum(neighborKinds),
    neighborKinds.length,
    'Subject neighbor: only of these kinds. Default: all external ones',
  ).exactOptional(),
  from: z
    .union([z.enum(['local', 'vantage']), list(label<AgentId>('Name of the Agent'), 1000, 'Names of Agents')], {
      error: 'write local (agents of the POP itself), vantage (all vantage points) or a list of Agents',
    })
    .default('local')
    .meta({
      description: 'Who probes: local (agents of the POP itself), vantage (all vantage points), or these Agents',
    }),
  probe: probeField,
  target: addressOr(
    '{neighbor.address}',
    'Where it is sent: an IP address, or "{neighbor.address}"; http: absent resolves the URL',
  ).exactOptional(),
  targets: byName(addressField, 10_000, `Where it is sent, ${perPlace}; wins over target`).prefault({}),
  source: addressOr(
    '{neighbor.localAddress}',
    'Source address, which chooses line or path; or "{neighbor.localAddress}"',
  ).exactOptional(),
  sources: byName(addressField, 10_000, `Source address, ${perPlace}; wins over source`).prefault({}),
  interval: duration(100, 3_600_000, 'Between two probes. Default 1s').default('1s'),
  timeout: duration(10, 60_000, 'How long an answer is waited for. Default 1s, at most the interval').exactOptional(),
  fall: whole(1, 100, 'Failed probes in a row after which it counts as failed. Default 3').default(3),
  rise: whole(1, 1000, 'Good probes in a row after which it counts as well again. Default 5').default(5),
  window: windowField.exactOptional(),
  quorum: whole(
    1,
    1000,
    'Agents that must see it failed. Default: more than half of those that probe it',
  ).exactOptional(),
  holdDown: duration(0, 86_400_000, 'How long it must be well before its traffic comes back. Default 1m').default('1m'),
  severity: severityField('Of its alarms. Default critical').default('critical'),
  detectWithin: duration(
    100,
    3_600_000,
    'How soon a failure must be noticed; you are warned when the check is slower',
  ).exactOptional(),
}

export function severityField(description: string) {
  return z.enum(['critical', 'warning', 'info']).meta({ description })
}

export const checkSpec = fields(shape)
  .refine(
    ({ subject, neighbors, neighborKinds: kinds }) =>
      subject === 'neighbor' || (neighbors === undefined && kinds === undefined),
    {
      error: 'neighbors and neighborKinds are for subject: neighbor',
      path: ['subject'],
    },
  )
  .refine(({ neighbors, neighborKinds: kinds }) => neighbors === undefined || kinds === undefined, {
    error: 'write neighbors or neighborKinds, not both',
    path: ['neighborKinds'],
  })
  .refine(
    ({ subject, probe, target, targets }) =>
      probe.kind === 'http' || subject === 'neighbor' || target !== undefined || Object.keys(targets).length > 0,
    {
      error: 'is missing: write target, or targets by POP; only http and subject neighbor know one by themselves',
      path: ['target'],
    },
  )
  .refine(
    ({ subject, target, source }) => subject === 'neighbor' || ![target, source].some((one) => one?.startsWith('{')),
    {
      error: '{neighbor.…} has a meaning for subject: neighbor only; write an address, or targets by POP',
      path: ['target'],
    },
  )
  .refine(({ from }) => from.length > 0, { error: 'write at least one Agent', path: ['from'] })
  .refine(({ interval, timeout }) => timeout === undefined || msOf(timeout) <= msOf(interval), {
    error: 'must not be longer than interval, or probes pile up',
    path: ['timeout'],
  })
  .refine(({ probe, interval }) => probe.kind !== 'udp' || probe.packets * msOf(probe.spacing) <= msOf(interval), {
    error: 'packets × spacing must fit into interval',
    path: ['probe', 'packets'],
  })
  .transform(({ timeout, ...rest }) => ({
    ...rest,
    timeout: timeout ?? (msOf(rest.interval) < 1000 ? rest.interval : '1s'),
  }))
