/**
 * The containerlab file format as far as the namespace runner knows it (containerlab ≥ 0.60). Fields that change nothing
 * here are accepted and forgotten; a field that would make a difference, and any unknown one, is refused.
 */
import { z } from 'zod'
import { fields } from '../../intent/schema/fields.ts'
import { splitWords } from './words.ts'

/** A field of containerlab's that means nothing where there is no container engine. */
const harmless = z.unknown().optional()

/** YAML gives numbers and booleans where people write them without quotes. */
const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'write text or a number' }).transform(String)

const words = z.string().transform((text, context) => {
  const split = splitWords(text)
  if (split !== undefined) return split
  context.issues.push({ code: 'custom', message: 'a quote is opened here and not closed', input: text })
  return z.NEVER
})

const nodeName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$/, { error: 'a node is named by letters, digits and hyphens' })

const bind = z
  .string()
  .regex(/^[^:]+:\/[^:]*(:[a-zA-Z,]+)?$/, { error: 'write "source:/target" or "source:/target:ro"' })

/** Fields of a node, which defaults, kinds and groups may give as well. */
const nodeShape = {
  kind: z.literal('linux', { error: 'only "kind: linux" runs in namespaces' }).optional(),
  group: z.string().optional(),
  image: z.string().optional(),
  binds: z.array(bind).optional(),
  env: z.record(z.string(), scalar).optional(),
  labels: z.record(z.string(), scalar).optional(),
  exec: z.array(words).optional(),
  cmd: words.optional(),
  sysctls: z.record(z.string().regex(/^[\w./-]+$/), scalar).optional(),
  'mgmt-ipv4': z.ipv4({ error: 'write an IPv4 address' }).optional(),
  'mgmt-ipv6': z.ipv6({ error: 'write an IPv6 address' }).optional(),
  type: harmless,
  ports: harmless,
  publish: harmless,
  cpu: harmless,
  'cpu-set': harmless,
  memory: harmless,
  runtime: harmless,
  position: harmless,
  'restart-policy': harmless,
  'auto-remove': harmless,
  'image-pull-policy': harmless,
  'cap-add': harmless,
  'shm-size': harmless,
  healthcheck: harmless,
  dns: harmless,
  extras: harmless,
  aliases: harmless,
} as const

const node = fields(nodeShape)

const link = fields({
  type: z.literal('veth', { error: 'only veth links run in namespaces' }).optional(),
  endpoints: z
    .array(
      z
        .string({ error: 'write "node:interface"' })
        .regex(/^[^:]+:[^:/\s]{1,15}$/, { error: 'write "node:interface", an interface of at most 15 characters' }),
      { error: 'write two endpoints, such as ["a:eth1", "b:eth1"]' },
    )
    .length(2, { error: 'a link has two endpoints' }),
  mtu: z.int().min(68).max(65_535).optional(),
  labels: harmless,
  vars: harmless,
})

const maybe = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined)

export const clabFile = fields({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/i, { error: 'a lab is named by at most 40 letters, digits and hyphens' }),
  prefix: harmless,
  settings: harmless,
  mgmt: maybe(
    fields({
      'ipv4-subnet': z.cidrv4({ error: 'write an IPv4 subnet, such as 172.20.20.0/24' }).optional(),
      'ipv6-subnet': z.cidrv6({ error: 'write an IPv6 subnet, such as 2001:db8:f::/64' }).optional(),
      network: harmless,
      bridge: harmless,
      mtu: harmless,
      'ipv4-gw': harmless,
      'ipv6-gw': harmless,
      'ipv4-range': harmless,
      'ipv6-range': harmless,
      'external-access': harmless,
    }),
  ),
  topology: fields({
    defaults: maybe(node),
    kinds: maybe(fields({ linux: maybe(node) })),
    groups: maybe(z.record(z.string(), maybe(node))),
    nodes: z.record(nodeName, maybe(node)),
    links: maybe(z.array(link)),
  }),
})

export type ClabFile = z.output<typeof clabFile>
export type NodeFields = z.output<typeof node>
