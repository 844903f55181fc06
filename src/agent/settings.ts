/** Settings of an agent, from flags first and HERALD_* environment variables second. Every problem is told at once. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseAddress } from '../bgp/address.ts'
import { parseEndpoint } from '../intent/schema/endpoint.ts'
import { labelPattern } from '../intent/schema/fields.ts'
import type { ControllerAddress } from './controller.ts'

export interface AgentSettings {
  /** Name of its Agent document. */
  readonly name: string
  readonly address: ControllerAddress
  readonly token: string | undefined
  /** UDP echo for other agents; the POP is what it names in its answers. Default: the agent's name. */
  readonly reflector: { readonly bind: string; readonly port: number; readonly pop?: string } | undefined
  /** gRPC address of the POP's GoBGP, where leases are kept. */
  readonly speaker: string | undefined
  /** PEM certificates that HTTPS probes trust, instead of those of Node. */
  readonly ca: string | undefined
  /** Samples kept while the controller is away. */
  readonly bufferSize: number
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'silent'
}

export interface AgentFlags {
  readonly name?: string
  readonly reflect?: string
  readonly reflectAs?: string
  readonly probeCa?: string
  readonly speaker?: string
  readonly buffer?: string
  readonly logLevel?: string
}

const defaultReflectPort = 862
const defaultBufferSize = 100_000

/** Throws an Error whose message lists every problem. */
export function readAgentSettings(
  flags: AgentFlags,
  environment: NodeJS.ProcessEnv,
  controller: Pick<AgentSettings, 'address' | 'token'>,
): AgentSettings {
  const schema = z.object({
    name: z.string('HERALD_AGENT: say the name of the Agent document, with --name').regex(labelPattern, {
      error: 'HERALD_AGENT: 1 to 63 lower-case letters, digits and hyphens',
    }),
    reflect: z.string().transform(readBinding).optional(),
    reflectAs: z.string().min(1).max(64).optional(),
    speaker: z.string().transform(readSpeaker).optional(),
    ca: z.string().transform(readPem).optional(),
    bufferSize: z.coerce.number().int().min(1000, 'HERALD_BUFFER: at least 1000 samples').max(10_000_000),
    logLevel: z.enum(['error', 'warn', 'info', 'debug', 'silent'], 'HERALD_LOG: error, warn, info, debug or silent'),
  })
  const read = schema.safeParse({
    name: flags.name ?? environment['HERALD_AGENT'],
    reflect: flags.reflect ?? environment['HERALD_REFLECT'],
    reflectAs: flags.reflectAs ?? environment['HERALD_REFLECT_AS'],
    speaker: flags.speaker ?? environment['HERALD_SPEAKER'],
    ca: flags.probeCa ?? environment['HERALD_PROBE_CA'],
    bufferSize: flags.buffer ?? environment['HERALD_BUFFER'] ?? defaultBufferSize,
    logLevel: flags.logLevel ?? environment['HERALD_LOG'] ?? 'info',
  })
  if (!read.success) throw new Error(`settings: ${read.error.issues.map(({ message }) => message).join('; ')}`)
  const { name, reflect, reflectAs, speaker, ca, bufferSize, logLevel } = read.data
  const reflector = reflect && { ...reflect, ...(reflectAs !== undefined && { pop: reflectAs }) }
  return { ...controller, name, reflector, speaker, ca, bufferSize, logLevel }
}

/** `862`, `192.0.2.1`, `192.0.2.1:862`, `[2001:db8::1]:862`. */
function readBinding(
  text: string,
  context: { readonly issues: { push(issue: z.core.$ZodRawIssue): unknown } },
): { readonly bind: string; readonly port: number } {
  const refuse = (): never => {
    context.issues.push({
      code: 'custom',
      message: `HERALD_REFLECT: "${text}" is no place to listen; write a port, an address, address:port or [v6]:port`,
      input: text,
    })
    return z.NEVER
  }
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65_535 ? { bind: '0.0.0.0', port: Number(text) } : refuse()
  if (parseAddress(text).ok) return { bind: text, port: defaultReflectPort }
  const [, ipv6, ipv4 = '', port] = /^(?:\[([0-9a-f:.]*:[0-9a-f:.]*)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? []
  const bind = ipv6 ?? ipv4
  return parseAddress(bind).ok && Number(port) <= 65_535 ? { bind, port: Number(port) } : refuse()
}

function readSpeaker(
  text: string,
  context: { readonly issues: { push(issue: z.core.$ZodRawIssue): unknown } },
): string {
  const endpoint = parseEndpoint(text)
  if (endpoint.ok) return endpoint.value
  context.issues.push({ code: 'custom', message: `HERALD_SPEAKER: ${endpoint.problem}`, input: text })
  return z.NEVER
}

function readPem(file: string, context: { readonly issues: { push(issue: z.core.$ZodRawIssue): unknown } }): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    context.issues.push({ code: 'custom', message: `HERALD_PROBE_CA: ${why}`, input: file })
    return z.NEVER
  }
}
