/** Containerlab files: what is read, what is inherited, and where each mistake is. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ClabFileError, readClabFile } from '../../../src/lab/clab/read-file.ts'
import type { ClabTopology } from '../../../src/lab/clab/topology.ts'

const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url))
let folder: string
let images: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-clab-'))
  images = join(folder, 'images')
  for (const image of ['frr', 'host']) {
    mkdirSync(join(images, image), { recursive: true })
    writeFileSync(join(images, image, 'start'), '')
  }
  mkdirSync(join(folder, 'fra'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function read(text: string): ClabTopology {
  const file = join(folder, 'lab.clab.yml')
  writeFileSync(file, text)
  return readClabFile(file, images)
}

/** Problems without the file's name. */
function problems(text: string): readonly string[] {
  try {
    read(text)
    return []
  } catch (error) {
    if (!(error instanceof ClabFileError)) throw error
    return error.problems.map((problem) => problem.replaceAll(`${folder}/`, '').replace('lab.clab.yml:', ''))
  }
}

const head = 'name: lab\ntopology:\n  nodes:\n'
const node = (fields: string): string => `${head}    a: {image: herald/host:latest, ${fields}}\n`

test('a node inherits from its group, its kind and the defaults: the nearest wins, maps and binds are merged, commands follow', () => {
  const { nodes } = read(`
name: lab
topology:
  defaults: {kind: linux, image: herald/host:latest, env: {A: default, B: default}, exec: [ip link]}
  kinds: {linux: {env: {B: kind, C: kind}, binds: ['fra:/etc/frr:ro', 'fra:/opt']}}
  groups: {routers: {image: 'registry.example/herald/frr@sha256:00', env: {C: group, D: 1}}}
  nodes:
    a: {group: routers, env: {D: true}, binds: ['images:/etc/frr'], exec: ['sh -c "ip a \\"x y\\""'], cmd: respond 'a b'}
    b:
`)
  expect(nodes.map(({ image }) => image)).toEqual(['frr', 'host'])
  expect(nodes[0]?.env).toEqual({ A: 'default', B: 'kind', C: 'group', D: 'true' })
  expect(nodes[0]?.exec).toEqual([
    ['ip', 'link'],
    ['sh', '-c', 'ip a "x y"'],
  ])
  expect(nodes[0]?.cmd).toEqual(['respond', 'a b'])
  expect(nodes[0]?.binds).toEqual([
    { source: images, target: '/etc/frr', writable: true },
    { source: join(folder, 'fra'), target: '/opt', writable: true },
  ])
  expect(nodes[1]).toMatchObject({
    name: 'b',
    cmd: [],
    binds: [{ target: '/etc/frr', writable: false }, { target: '/opt' }],
  })
})

test('management addresses are as given, else the next free ones after the gateway', () => {
  const { nodes } = read(`
name: lab
mgmt: {network: n, ipv4-subnet: 172.29.2.0/29, ipv6-subnet: '2001:db8:f::/64'}
topology:
  defaults: {image: herald/host:latest}
  nodes: {a: , b: {mgmt-ipv4: 172.29.2.3, mgmt-ipv6: '2001:db8:f::9'}, c: }
`)
  expect(nodes.map(({ management }) => management)).toEqual([
    { ipv4: '172.29.2.2/29', ipv6: '2001:db8:f::2/64' },
    { ipv4: '172.29.2.3/29', ipv6: '2001:db8:f::9/64' },
    { ipv4: '172.29.2.4/29', ipv6: '2001:db8:f::3/64' },
  ])
})

test('what only a container engine needs is accepted and changes nothing', () => {
  const plain = read(node(''))
  expect(
    read(node('ports: ["127.0.0.1:80:80"], memory: 1G, cpu: 2, healthcheck: {test: [x]}, labels: {a: 1}')),
  ).toEqual(plain)
})

test('every topology of deploy/containerlab can be run', () => {
  const topologies = readdirSync(join(deploy, 'containerlab'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(topologies.length).toBeGreaterThan(0)
  for (const { name } of topologies)
    expect(readClabFile(join(deploy, 'containerlab', name, `${name}.clab.yml`), join(deploy, 'images')).name).toBe(name)
})

test.each([
  ['no YAML', 'name: [lab', /^1: this is not YAML/],
  ['two documents', `${node('')}---\nname: other\n`, '1: write one YAML document, not 2'],
  ['no name', node('').replace('name: lab\n', ''), '1: "name" is missing'],
  ['a name that is no folder', node('').replace('name: lab', 'name: ../lab'), /^1: a lab is named by/],
  ['no nodes', 'name: lab\ntopology: {}\n', '2: "nodes" is missing'],
  ['an unknown field', node('imag: x'), '4: unknown field "imag"; did you mean "image"?'],
  ['another kind', node('kind: nokia_srlinux'), '4: only "kind: linux" runs in namespaces'],
  ['a field that would make a difference', node('network-mode: host'), /^4: unknown field "network-mode"/],
  ['no image', `${head}    a:\n`, '4: a has no image'],
  [
    'an image that is not ours',
    `${head}    a:\n      image: alpine:3\n`,
    '5: alpine:3 does not run in namespaces: there is no deploy/images/alpine/start',
  ],
  ['a bind of what is not there', node("binds: ['none:/etc/frr']"), /^4: none:\/etc\/frr: there is no none$/],
  ['a bind without target', node("binds: ['fra']"), '4: write "source:/target" or "source:/target:ro"'],
  ['an open quote', node(`exec: ['sh -c "ip a']`), '4: a quote is opened here and not closed'],
  ['a variable', node('env: {A: "${TAG}"}'), '4: variables are filled in by containerlab only; write the value'],
  [
    'an address outside the subnet',
    node('mgmt-ipv4: 10.0.0.1'),
    '4: 10.0.0.1 is not in the management subnet 172.20.20.0/24',
  ],
  [
    'an address of two nodes',
    `${node('mgmt-ipv4: 172.20.20.9')}    b: {image: host, mgmt-ipv4: 172.20.20.9}\n`,
    "5: 172.20.20.9 is a's already",
  ],
  [
    'a subnet that is too small',
    `mgmt: {ipv4-subnet: 10.0.0.0/30}\n${node('')}    b: {image: host}\n`,
    '1: the management subnet is too small for 2 nodes',
  ],
  [
    'a subnet that is none',
    `mgmt: {ipv4-subnet: 10.0.0.0}\n${node('')}`,
    '1: write an IPv4 subnet, such as 172.20.20.0/24',
  ],
  [
    'a link to nowhere',
    `${node('')}  links:\n    - endpoints: ["a:eth1", "bb:eth1"]\n`,
    '6: bb:eth1: there is no node bb',
  ],
  [
    'an end of two links',
    `${node('')}    b: {image: host}\n  links:\n    - endpoints: ["a:eth1", "b:eth1"]\n    - endpoints: ["a:eth2", "b:eth1"]\n`,
    '8: b:eth1 is an end of two links',
  ],
  [
    'a link on the management interface',
    `${node('')}    b: {image: host}\n  links:\n    - endpoints: ["a:eth0", "b:eth1"]\n`,
    '7: a:eth0: eth0 is not for links',
  ],
  ['a link with one end', `${node('')}  links:\n    - endpoints: ["a:eth1"]\n`, '6: a link has two endpoints'],
  [
    'an interface that no kernel takes',
    `${node('')}  links:\n    - endpoints: ["a:eth1", "a:a-name-of-16-chars"]\n`,
    /^6: write "node:interface", an interface of at most 15/,
  ],
  [
    'another type of link',
    `${node('')}  links:\n    - type: macvlan\n      endpoints: ["a:eth1", "a:eth2"]\n`,
    '6: only veth links run in namespaces',
  ],
])('refuses %s, with its line', (_, text, expected) => {
  const found = problems(text)
  expect(found).toHaveLength(1)
  if (typeof expected === 'string') expect(found[0]).toBe(expected)
  else expect(found[0]).toMatch(expected)
})

test('all mistakes of a file are told at once, in the order of its lines', () => {
  const text = `${head}    a: {image: none}\n    b: {image: host}\n  links:\n    - endpoints: ["c:eth1", "b:lo"]\n`
  expect(problems(text).map((problem) => problem.split(':')[0])).toEqual(['4', '7', '7'])
})

test('a file that cannot be read is said by its name', () => {
  expect(() => readClabFile(join(folder, 'none.yml'), images)).toThrow(/none\.yml: ENOENT/)
})
