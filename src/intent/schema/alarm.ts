/** Receiver and AlertMapping: alarms to other systems, and alerts of theirs. */
import { z } from 'zod'
import { parsePrefix } from '../../bgp/prefix.ts'
import { byName, fields, labelPattern, list, words } from './fields.ts'
import { severityField } from './check.ts'
import { urlProblem } from './template.ts'

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/

/** By label name, the values of which any will do. */
function matchField(description: string) {
  const values = list(words(500, 'A value'), 100, 'Any of these values')
  const one = z.union([words(500, 'A value').transform((value) => [value]), values], {
    error: 'write a text, or a list of texts',
  })
  return byName(one, 100, description, {
    pattern: labelName,
    rule: 'write the name of a label: letters, digits and underscores',
  })
}

/** Where a secret is read; documents hold none. */
function secretField(description: string) {
  return fields(
    {
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, { error: 'write the name of an environment variable, not its value' })
        .exactOptional()
        .meta({ description: 'Name of an environment variable of the controller' }),
      file: z
        .string()
        .regex(/^\/[^\0]{1,500}$/, { error: 'write the absolute path of a file' })
        .exactOptional()
        .meta({ description: 'Path of a file on the controller' }),
    },
    'write env: NAME or file: /path; a secret itself has no place in a document',
  )
    .refine((source) => Object.keys(source).length === 1, { error: 'write one of env and file' })
    .meta({ description })
}

const severities = ['critical', 'warning', 'info'] as const

export const receiverSpec = fields({
  kind: z
    .enum(['webhook', 'alertmanager', 'pagerduty', 'slack'])
    .meta({ description: 'webhook (JSON, signed), alertmanager (API v2), pagerduty (Events v2) or slack' }),
  url: z
    .string()
    .superRefine((text, context) => {
      const message = urlProblem(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .exactOptional()
    .meta({ description: 'Where alarms are sent. pagerduty: absent is its own' }),
  urlFrom: secretField('Where the URL is read, where it is a secret (slack)').exactOptional(),
  secret: secretField(
    'Where the secret is read. webhook: key of the HMAC-SHA256 signature; pagerduty: routing key; alertmanager: bearer token',
  ).exactOptional(),
  severities: list(severityField('A severity'), severities.length, 'Alarms of these severities. Default: all')
    .refine((items) => items.length > 0, { error: 'write at least one severity' })
    .prefault([...severities]),
  match: matchField('Only alarms with these labels, such as pop, region, neighbor, prefix, check').prefault({}),
  sendResolved: z.boolean().default(true).meta({ description: 'Tell also when an alarm is over. Default true' }),
})
  .refine(({ url, urlFrom }) => url === undefined || urlFrom === undefined, {
    error: 'write url or urlFrom, not both',
    path: ['urlFrom'],
  })
  .refine(({ kind, url }) => kind !== 'slack' || url === undefined, {
    error: 'whoever knows a Slack URL can post: write urlFrom: {env: …} or urlFrom: {file: …} instead',
    path: ['url'],
  })
  .refine(({ kind, url, urlFrom }) => kind === 'pagerduty' || url !== undefined || urlFrom !== undefined, {
    error: 'is missing: write url or urlFrom',
    path: ['url'],
  })
  .refine(({ kind, secret }) => secret !== undefined || (kind !== 'pagerduty' && kind !== 'webhook'), {
    error: 'is missing: webhooks are signed with it, and PagerDuty calls it the routing key',
    path: ['secret'],
  })
  .refine(({ kind, secret }) => kind !== 'slack' || secret === undefined, {
    error: 'Slack has none: its URL is the secret',
    path: ['secret'],
  })

function nameOr(what: string, description: string) {
  return z
    .string()
    .refine((text) => labelPattern.test(text) || placeholder.test(text), {
      error: `write the name of a ${what}, or {label} for what that label of the alert says`,
    })
    .meta({ description })
}

const placeholder = /^\{[a-zA-Z_][a-zA-Z0-9_]{0,99}\}$/

export const alertMappingSpec = fields({
  match: matchField('Alerts with these labels').refine((entries) => Object.keys(entries).length > 0, {
    error: 'write at least one label; a mapping without any would take every alert there is',
  }),
  pop: nameOr('Pop', 'The POP it is about: a name, or {label}').exactOptional(),
  neighbor: nameOr('Neighbor', 'The neighbor it is about: a name, or {label}').exactOptional(),
  prefix: z
    .string()
    .superRefine((text, context) => {
      const read = parsePrefix(text)
      if (!read.ok && !placeholder.test(text))
        context.addIssue({
          code: 'custom',
          message: `${read.problem}; or write {label} for what that label of the alert says`,
        })
    })
    .exactOptional()
    .meta({
      description: 'Only this prefix: itself, or {label}. Absent: every prefix whose failover names the mapping',
    }),
  severity: severityField('Of the alarm it becomes. Default critical').default('critical'),
}).refine(({ pop, neighbor }) => (pop === undefined) !== (neighbor === undefined), {
  error: 'write one of pop and neighbor',
})
