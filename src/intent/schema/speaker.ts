/** Speaker and Neighbor: the GoBGP daemons and the lines they have to the world. */
import { z } from 'zod'
import { type Address, addressFamily } from '../../bgp/address.ts'
import { families } from '../../bgp/family.ts'
import { neighborKinds } from '../../bgp/neighbor.ts'
import type { PopId, SpeakerId } from '../model.ts'
import { attributesField } from './attributes.ts'
import { daemonFields, socketHasNoTls } from './daemon.ts'
import { addressField, addressOf, asnField, fields, label, list, whole } from './fields.ts'
import { capacityField } from './quantity.ts'

const nextHopField = fields({
  ipv4: addressOf('ipv4').refine(isSpecified, { error: selfIsDefault }).exactOptional(),
  ipv6: addressOf('ipv6').refine(isSpecified, { error: selfIsDefault }).exactOptional(),
}).meta({ description: 'Next hop announced where none is written; else the address of the session' })

function isSpecified(address: Address): boolean {
  return address !== '0.0.0.0' && address !== '::'
}

function selfIsDefault(): string {
  return 'leave it out to announce the address of the session'
}

const startField = fields({
  routerId: addressOf('ipv4').refine(isSpecified, { error: 'write the router id, such as 192.0.2.1' }),
  listenPort: whole(-1, 65535, 'TCP port for BGP; -1 does not listen. Default 179').default(179),
  listenAddresses: list(addressField, 16, 'Addresses to listen on. Default: all').default([]),
}).meta({ description: 'Present where Herald configures the daemon; absent where gobgpd has a file of its own' })

export const speakerSpec = fields({
  pop: label<PopId>('Name of the Pop'),
  ...daemonFields,
  nextHop: nextHopField.prefault({}),
  start: startField.exactOptional(),
}).refine(...socketHasNoTls)

const sessionField = fields({
  localAddress: addressField.exactOptional(),
  remotePort: whole(1, 65535, 'TCP port of the neighbor. Default 179').exactOptional(),
  passive: z.boolean().default(false).meta({ description: 'true: waits for the neighbor to connect' }),
  password: z
    .string()
    .regex(/^[\x20-\x7e]{1,80}$/, { error: 'write 1 to 80 printable ASCII characters (RFC 2385)' })
    .exactOptional()
    .meta({ description: 'TCP MD5 password (RFC 2385); shown masked' }),
  ebgpMultihop: whole(2, 255, 'Hops to an external neighbor that is not on the link').exactOptional(),
  holdTimeSeconds: whole(3, 65535, 'Hold time (RFC 4271), seconds. Default 90').default(90),
  keepaliveSeconds: whole(1, 21845, 'Keepalive interval, seconds. Default: a third of the hold time').exactOptional(),
  connectRetrySeconds: whole(1, 65535, 'Connect-retry time, seconds. Default 10').default(10),
  bfd: fields({
    intervalMs: whole(50, 60_000, 'Interval between packets, both ways, ms. Default 300').default(300),
    multiplier: whole(2, 50, 'Packets missed in a row until the line is down. Default 3').default(3),
  })
    .exactOptional()
    .meta({ description: 'BFD beside the session (RFC 5881, single hop); GoBGP 4 only. Absent: none' }),
  gracefulRestartSeconds: whole(0, 4095, 'Restart time (RFC 4724), seconds; 0 turns it off. Default 120').default(120),
})
  .refine(({ holdTimeSeconds, keepaliveSeconds = 0 }) => keepaliveSeconds < holdTimeSeconds, {
    error: 'must be shorter than holdTimeSeconds, usually a third of it (RFC 4271, 4.4)',
    path: ['keepaliveSeconds'],
  })
  // RFC 4271, 10: a third of the hold time.
  .transform(({ holdTimeSeconds, keepaliveSeconds = Math.floor(holdTimeSeconds / 3), ...rest }) => ({
    ...rest,
    holdTimeSeconds,
    keepaliveSeconds,
  }))

export const neighborSpec = fields({
  speaker: label<SpeakerId>('Name of the Speaker'),
  address: addressField.refine(isSpecified, { error: 'write the address of the neighbor' }),
  asn: asnField,
  kind: z.enum(neighborKinds).meta({ description: 'What the neighbor is to us' }),
  managed: z
    .boolean()
    .default(false)
    .meta({ description: "true: Herald adds this neighbor to the speaker; false: gobgpd's own file has it" }),
  families: list(z.enum(families), 2, 'Address families. Default: that of the address')
    .refine((items) => items.length > 0, { error: 'write ipv4, ipv6 or both' })
    .exactOptional(),
  session: sessionField.prefault({}).meta({ description: 'The BGP session; only where managed' }),
  attributes: attributesField.prefault({}).meta({ description: 'Said of everything announced to this neighbor' }),
  capacity: capacityField
    .refine((text) => text.endsWith('bit/s'), { error: 'write what the line carries in bit/s, such as "10 Gbit/s"' })
    .meta({ description: 'What the line carries; the path learner fills it to 80 % at most', examples: ['10 Gbit/s'] })
    .exactOptional(),
}).transform((spec) => ({
  ...spec,
  families: families.filter((family) => (spec.families ?? [addressFamily(spec.address)]).includes(family)),
}))
