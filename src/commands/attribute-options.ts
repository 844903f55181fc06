/** Options for path attributes, shared by `publish` and `override`. */
import { type Command, InvalidArgumentError, Option } from 'commander'

export interface AttributeOptions {
  readonly prepend?: number
  readonly origin?: string
  readonly med?: number
  readonly localPref?: number
  readonly community?: readonly string[]
  readonly largeCommunity?: readonly string[]
  readonly nextHop?: string
  readonly gracefulShutdown?: boolean
}

export function addAttributeOptions(command: Command): Command {
  return command
    .addOption(new Option('--prepend <n>', 'own AS prepended, 0 to 3 times').argParser(parsePrepend))
    .addOption(new Option('--origin <origin>', 'ORIGIN').choices(['igp', 'egp', 'incomplete']))
    .addOption(new Option('--med <n>', 'MULTI_EXIT_DISC').argParser(parseNumber))
    .addOption(new Option('--local-pref <n>', 'LOCAL_PREF, toward internal neighbors only').argParser(parseNumber))
    .addOption(new Option('--community <list>', 'such as 65001:100,no-export').argParser(parseList))
    .addOption(new Option('--large-community <list>', 'such as 65001:1:2').argParser(parseList))
    .option('--next-hop <address>', 'instead of the speaker’s own')
    .option('--graceful-shutdown', 'mark 65535:0 (RFC 8326)')
    .option('--no-graceful-shutdown', 'take that mark away')
}

/** The attributes as documents write them; undefined where no option was given. */
export function attributesFrom(options: AttributeOptions): Readonly<Record<string, unknown>> | undefined {
  const { prepend, origin, med, localPref, community, largeCommunity, nextHop, gracefulShutdown } = options
  const attributes = Object.entries({
    prepend,
    origin,
    med,
    localPref,
    communities: community,
    largeCommunities: largeCommunity,
    nextHop,
    gracefulShutdown,
  }).filter(([, value]) => value !== undefined)
  return attributes.length === 0 ? undefined : Object.fromEntries(attributes)
}

/** `--withhold` and `--announce`, as documents write them. */
export function announceFrom({ withhold, announce }: { readonly withhold?: boolean; readonly announce?: boolean }): {
  readonly announce?: boolean
} {
  if (withhold === true) return { announce: false }
  return announce === true ? { announce: true } : {}
}

function parseNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('write a number.')
  return Number(text)
}

function parsePrepend(text: string): number {
  if (!/^[0-3]$/.test(text)) throw new InvalidArgumentError('write 0, 1, 2 or 3.')
  return Number(text)
}

/** `a,b` or the option given several times. */
export function parseList(text: string, before: readonly string[] | undefined): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  if (words.includes('')) throw new InvalidArgumentError('an empty name is in the list.')
  return [...(before ?? []), ...words]
}
