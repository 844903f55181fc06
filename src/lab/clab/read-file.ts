/**
 * Reads a containerlab file for the namespace runner. Every problem of the file is told at once, with its line.
 *
 * 1. YAML, then the schema: fields and their form.
 * 2. A node inherits from its group, its kind and the defaults, as in containerlab: the nearest value wins, maps and
 *    binds are merged, exec commands follow one another.
 * 3. What must exist: the image's start program, the sources of binds, the nodes of links; an endpoint is used once.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { explainIssue, pointerTo, readIssues } from '../../intent/schema/read-issues.ts'
import { didYouMean } from '../../intent/nearest.ts'
import { type YamlPiece, readYaml } from '../../intent/manifest/file.ts'
import { type Subnet, allocate, isIn, readSubnet } from './management.ts'
import { type ClabFile, type NodeFields, clabFile } from './schema.ts'
import type { Bind, ClabLink, ClabNode, ClabTopology, LinkEnd } from './topology.ts'

/** `file:line: what is wrong`, one each. */
export class ClabFileError extends Error {
  override readonly name = 'ClabFileError'
  readonly problems: readonly string[]

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be run:\n${problems.join('\n')}`)
    this.problems = problems
  }
}

interface Problem {
  readonly line: number
  readonly message: string
}

/** As containerlab has it where a file says nothing. */
const defaultSubnet = '172.20.20.0/24'
const managementInterface = 'eth0'

/**
 * @param images folder of the images: each a folder with a program `start`
 * @throws ClabFileError
 */
export function readClabFile(file: string, images: string): ClabTopology {
  const piece = readOnly(file)
  const fail = (problems: readonly Problem[]): never => {
    const lines = problems.toSorted((a, b) => a.line - b.line).map(({ line, message }) => `${file}:${line}: ${message}`)
    throw new ClabFileError(file, [...new Set(lines)])
  }
  const read = clabFile.safeParse(piece.value, { error: explainIssue })
  if (!read.success)
    return fail(
      readIssues(read.error.issues).map((issue) => ({ line: piece.lineOf(issue.pointer), message: issue.message })),
    )
  const problems: Problem[] = []
  const report = (path: readonly (string | number)[], message: string): void =>
    void problems.push({ line: piece.lineOf(pointerTo(path)), message })
  const nodes = nodesOf(read.data, { file, images, report })
  const links = linksOf(read.data, report)
  if (problems.length > 0) fail(problems)
  return { name: read.data.name, nodes, links }
}

function readOnly(file: string): YamlPiece {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ClabFileError(file, [`${file}: ${error instanceof Error ? error.message : String(error)}`])
  }
  const { pieces, problems } = readYaml(text)
  const [piece] = pieces
  const found = problems.map(({ line, message }) => `${file}:${line}: ${message}`)
  if (found.length === 0 && text.includes('${'))
    found.push(`${file}:${lineOfText(text, '${')}: variables are filled in by containerlab only; write the value`)
  if (found.length === 0 && pieces.length !== 1) found.push(`${file}:1: write one YAML document, not ${pieces.length}`)
  if (found.length > 0 || piece === undefined) throw new ClabFileError(file, found)
  return piece
}

function lineOfText(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split('\n').length
}

type Report = (path: readonly (string | number)[], message: string) => void

interface Place {
  readonly file: string
  readonly images: string
  readonly report: Report
}

function nodesOf({ topology, mgmt }: ClabFile, place: Place): readonly ClabNode[] {
  const entries = Object.entries(topology.nodes).map(([name, own]) => ({ name, own: own ?? {} }))
  const subnets = { ipv4: readSubnet(mgmt?.['ipv4-subnet'] ?? defaultSubnet), ipv6: mgmt?.['ipv6-subnet'] }
  const ipv4 = addresses(entries, 'mgmt-ipv4', subnets.ipv4, place.report)
  const ipv6 =
    subnets.ipv6 === undefined ? undefined : addresses(entries, 'mgmt-ipv6', readSubnet(subnets.ipv6), place.report)
  return entries.flatMap(({ name, own }, index) => {
    const group = own.group === undefined ? undefined : topology.groups?.[own.group]
    const layers = [topology.defaults, topology.kinds?.linux, group, own].filter((layer) => layer !== undefined)
    const image = imageOf(name, layers, place)
    const [address4, address6] = [ipv4[index], ipv6?.[index]]
    if (image === undefined || address4 === undefined) return []
    return {
      name,
      image,
      management: { ipv4: address4, ...(address6 === undefined ? {} : { ipv6: address6 }) },
      binds: bindsOf(name, layers, place),
      env: merged(layers.map(({ env }) => env)),
      cmd: layers.findLast(({ cmd }) => cmd !== undefined)?.cmd ?? [],
      exec: layers.flatMap(({ exec = [] }) => exec),
      sysctls: merged(layers.map(({ sysctls }) => sysctls)),
    }
  })
}

function merged(maps: readonly (Readonly<Record<string, string>> | undefined)[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...maps) as Record<string, string>
}

function addresses(
  entries: readonly { readonly name: string; readonly own: NodeFields }[],
  field: 'mgmt-ipv4' | 'mgmt-ipv6',
  subnet: Subnet,
  report: Report,
): readonly string[] {
  const first = new Map<string, string>()
  for (const { name, own } of entries) {
    const address = own[field]
    if (address === undefined) continue
    const path = ['topology', 'nodes', name, field]
    if (!isIn(subnet, address))
      report(path, `${address} is not in the management subnet ${subnet.address}/${subnet.length}`)
    const other = first.get(address)
    if (other === undefined) first.set(address, name)
    else report(path, `${address} is ${other}'s already`)
  }
  const chosen = allocate(
    subnet,
    entries.map(({ own }) => own[field]),
  )
  if (chosen === undefined) {
    report(['mgmt'], `the management subnet is too small for ${entries.length} nodes`)
    return []
  }
  return chosen.map((address) => `${address}/${subnet.length}`)
}

function imageOf(name: string, layers: readonly NodeFields[], { images, report }: Place): string | undefined {
  const path = ['topology', 'nodes', name]
  const written = layers.findLast(({ image }) => image !== undefined)?.image
  if (written === undefined) {
    report(path, `${name} has no image`)
    return undefined
  }
  const image = written.split('/').at(-1)?.split(/[:@]/)[0] ?? ''
  if (image !== '' && existsSync(resolve(images, image, 'start'))) return image
  report([...path, 'image'], `${written} does not run in namespaces: there is no deploy/images/${image}/start`)
  return undefined
}

function bindsOf(name: string, layers: readonly NodeFields[], { file, report }: Place): readonly Bind[] {
  const byTarget = new Map<string, Bind>()
  for (const text of layers.flatMap(({ binds = [] }) => binds)) {
    const [from = '', target = '', options = ''] = text.replaceAll('__clabNodeName__', name).split(':')
    const source = resolve(dirname(file), from)
    if (!existsSync(source)) report(['topology', 'nodes', name, 'binds'], `${text}: there is no ${source}`)
    byTarget.set(target, { source, target, writable: !options.split(',').includes('ro') })
  }
  return [...byTarget.values()]
}

function linksOf({ topology }: ClabFile, report: Report): readonly ClabLink[] {
  const names = Object.keys(topology.nodes)
  const used = new Set<string>()
  return (topology.links ?? []).map(({ endpoints, mtu }, index) => {
    const ends = endpoints.map((endpoint, end): LinkEnd => {
      const path = ['topology', 'links', index, 'endpoints', end]
      const [node = '', device = ''] = endpoint.split(':')
      if (!names.includes(node)) report(path, `${endpoint}: there is no node ${node}${didYouMean(node, names)}`)
      if (device === managementInterface || device === 'lo') report(path, `${endpoint}: ${device} is not for links`)
      if (used.has(endpoint)) report(path, `${endpoint} is an end of two links`)
      used.add(endpoint)
      return { node, interface: device }
    })
    return { ends: ends as unknown as ClabLink['ends'], ...(mtu === undefined ? {} : { mtu }) }
  })
}
