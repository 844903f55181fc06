/** Routes as BIRD prints them (`show route all`), read into Herald's words. */

export interface UpstreamRoute {
  readonly prefix: string
  /** Members of sets and confederations included, without their brackets. */
  readonly asPath: readonly number[]
  readonly nextHop: string
  readonly med: number | undefined
  /** `64500:1` */
  readonly communities: readonly string[]
  /** `64500:1:2` */
  readonly largeCommunities: readonly string[]
}

const routeLine = /^(\S+\/\d+)?\s+(?:unicast|unreachable|blackhole|prohibit) \[/
const attributeLine = /^\t?BGP\.(\w+): (.*)$/

interface RouteText {
  readonly prefix: string
  readonly attributes: Map<string, string>
}

/** Lines of `show route … all`, without reply codes. */
export function readRoutes(lines: readonly string[]): readonly UpstreamRoute[] {
  const texts: RouteText[] = []
  for (const line of lines) {
    const route = routeLine.exec(line)
    // BIRD prints a prefix once, above all of its routes.
    if (route !== null) texts.push({ prefix: route[1] ?? texts.at(-1)?.prefix ?? '', attributes: new Map() })
    const [, name, value] = attributeLine.exec(line) ?? []
    if (name !== undefined && value !== undefined) texts.at(-1)?.attributes.set(name, value)
  }
  return texts.map(({ prefix, attributes }) => {
    const med = attributes.get('med')
    return {
      prefix,
      asPath: (attributes.get('as_path')?.match(/\d+/g) ?? []).map(Number),
      nextHop: attributes.get('next_hop')?.split(' ')[0] ?? '',
      med: med === undefined ? undefined : Number(med),
      communities: tuples(attributes.get('community')),
      largeCommunities: tuples(attributes.get('large_community')),
    }
  })
}

/** `(64500,1) (64500,2)` or `(64500, 1, 2)`. */
function tuples(text = ''): readonly string[] {
  return [...text.matchAll(/\(([^)]*)\)/g)].map(([, inner = '']) => inner.replaceAll(',', ':').replaceAll(' ', ''))
}
