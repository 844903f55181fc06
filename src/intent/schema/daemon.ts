/** How a GoBGP daemon is reached: alike for speakers and collectors. */
import { z } from 'zod'
import { parseEndpoint } from './endpoint.ts'
import { fields } from './fields.ts'

const endpointField = z
  .string()
  .transform((value, context): string => {
    const endpoint = parseEndpoint(value)
    if (endpoint.ok) return endpoint.value
    context.issues.push({ code: 'custom', message: endpoint.problem, input: value })
    return z.NEVER
  })
  .meta({
    description: 'gRPC address of the daemon',
    examples: ['192.0.2.1:50051', '[2001:db8::1]:50051', 'unix:///run/gobgpd.sock'],
  })

function file(description: string) {
  return z
    .string()
    .regex(/^\/[^\0]+$/, { error: 'write the absolute path of a PEM file' })
    .max(4096)
    .meta({ description })
}

const tlsField = fields({
  ca: file('PEM file with the certificates that the daemon is checked against'),
  certificate: file('PEM file with our certificate, for mTLS').exactOptional(),
  key: file('PEM file with the key of our certificate').exactOptional(),
  serverName: z.string().min(1).max(253).exactOptional().meta({ description: "Name in the daemon's certificate" }),
})
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'certificate and key belong together: write both, or none',
  })
  .meta({ description: 'TLS toward the daemon; paths are those on the hosts that run workers' })

export const daemonFields = { endpoint: endpointField, tls: tlsField.exactOptional() }

/** For `refine`. */
export const socketHasNoTls = [
  ({ endpoint, tls }: { readonly endpoint: string; readonly tls?: object }): boolean =>
    tls === undefined || !endpoint.startsWith('unix:'),
  { error: 'a unix socket has no TLS: leave tls out', path: ['tls'] },
] as const satisfies readonly [(spec: never) => boolean, { readonly error: string; readonly path: string[] }]
