/** Manifests on the command line, with a real controller: what differs, what is wrong and where, what has no effect. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatDocument } from '../../../src/intent/manifest.ts'
import { type Ended, commandEnvironment, runCommandLine as run } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { freePort, loopbackAddress } from '../../support/gobgpd.ts'
import { networkDocuments } from '../../support/network.ts'

let controller: Controller
let folder: string
let network: string

/** Of a speaker that never answers: nothing here is announced. */
beforeAll(async () => {
  controller = await startController()
  folder = await mkdtemp(join(tmpdir(), 'herald-manifests-'))
  network = join(folder, 'network')
  await mkdir(network)
  const address = loopbackAddress()
  const documents = networkDocuments(
    [{ id: 's0', endpoint: `${address}:${await freePort(address)}` }],
    [{ id: 's0-isp', speaker: 's0', address: loopbackAddress(), asn: 64496, localAddress: address }],
  )
  await writeFile(join(network, 'all.yaml'), documents.map(formatDocument).join('---\n'))
  await herald('apply', '-f', network, '--reason', 'first inventory')
})

afterAll(async () => {
  await controller.stop()
  await rm(folder, { recursive: true, force: true })
})

function herald(...words: readonly string[]): Promise<Ended> {
  return run(words, commandEnvironment(controller))
}

async function lastRevision(): Promise<string> {
  return (await herald('history', '-n', '1', '-o', 'name')).out.trim()
}

describe('manifests', () => {
  test('that are applied already differ in nothing; what `get` prints can be applied again', async () => {
    expect(await herald('diff', '-f', network)).toMatchObject({ code: 0, out: '' })
    const { out } = await herald('get', '-o', 'yaml')
    const kinds = parseAllDocuments(out).map((document) => (document.toJS() as { readonly kind: string }).kind)
    expect(kinds[0]).toBe('Network')
    const file = join(folder, 'again.yaml')
    await writeFile(file, out)
    expect(await herald('apply', '-f', file, '--reason', 'again')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Nothing changes/),
    })
  })

  test('that differ are shown line by line and exit 1; a plan with --detailed-exitcode exits 2', async () => {
    const file = join(folder, 'more.yaml')
    await writeFile(file, formatDocument({ kind: 'Area', name: 'moon', spec: {} }))
    const diff = await herald('diff', '-f', file)
    expect(diff).toMatchObject({ code: 1, out: expect.stringMatching(/^Area\/moon\n\+ \{\}/) })
    expect((await herald('plan', '-f', file, '--detailed-exitcode')).code).toBe(2)
    expect((await herald('plan', '-f', network, '--detailed-exitcode')).code).toBe(0)
  })

  test('that a guard would refuse differ all the same, and the guard is named', async () => {
    const file = join(folder, 'gone.yaml')
    const prefix = (at: readonly string[]) => ({ kind: 'Prefix', name: '203.0.113.0/24', spec: { at } }) as const
    await writeFile(file, formatDocument(prefix(['all'])))
    expect((await herald('apply', '-f', file, '--reason', 'launch')).code).toBe(0)
    await writeFile(file, formatDocument(prefix([])))
    const diff = await herald('diff', '-f', file)
    expect(diff).toMatchObject({ code: 1, out: expect.stringMatching(/^Prefix\/203\.0\.113\.0\/24\n.*^- {3}- all$/ms) })
    expect(diff.err).toBe('As it is, it would be refused (G1, G4); herald plan -f says why.\n')
    expect(await herald('plan', '-f', file)).toMatchObject({ code: 1, err: expect.stringContaining('G1') })
  })

  test('that name another address for a speaker warn of the daemon that is left behind', async () => {
    const file = join(folder, 'moved.yaml')
    const { out } = await herald('get', 'speaker', 's0', '-o', 'yaml')
    await writeFile(file, out.replace(/endpoint: .*/, 'endpoint: 127.0.0.9:50051'))
    const plan = await herald('plan', '-f', file)
    expect(plan.out).toMatch(/warning Speaker\/s0\/spec\/endpoint: was 127\.\S+: if that is another daemon/)
    expect((await herald('plan', '-f', network)).out).not.toContain('another daemon')
  })

  test('with problems are refused with file and line of every one, and nothing is sent', async () => {
    const file = join(folder, 'wrong.yaml')
    await writeFile(
      file,
      [
        'apiVersion: herald/v1',
        'kind: Region',
        'metadata: { name: mars }',
        'spec:',
        '  area: world',
        '  colour: red',
        '---',
        'apiVersion: herald/v1',
        'kind: Prefix',
        'metadata: { name: 203.0.113.7/24 }',
        'spec: { at: [all] }',
        '---',
        'apiVersion: herald/v1',
        'kind: Region',
        'metadata: { name: venus }',
        'spec: { area: atlantis }',
        '---',
        'apiVersion: herald/v1',
        'kind: Pop',
        'metadata: { name: olympus }',
        'spec: { region: mars }',
      ].join('\n'),
    )
    const before = await lastRevision()
    for (const verb of [['apply', '--reason', 'x'], ['validate'], ['plan']]) {
      const { code, err } = await herald(...verb, '-f', file)
      expect(code).toBe(2)
      expect(err).toContain(`${file}:6: `)
      expect(err).toContain(`${file}:10: `)
      expect(err).toContain(`${file}:16: Region/venus/spec/area: `)
      expect(err).not.toContain('olympus')
    }
    expect(await herald('diff', '-f', file)).toMatchObject({ code: 2 })
    expect(await lastRevision()).toBe(before)
  })

  test('with thousands of problems are told the first hundred, and how many more there are', async () => {
    const file = join(folder, 'many.yaml')
    const wrong = (n: number) => formatDocument({ kind: 'Region', name: `r${n}`, spec: { area: 'moon', colour: 1 } })
    await writeFile(file, Array.from({ length: 3000 }, (_, n) => wrong(n)).join('---\n'))
    const { code, err } = await herald('validate', '-f', file)
    expect(code).toBe(2)
    const lines = err.trimEnd().split('\n')
    expect(lines).toHaveLength(102)
    expect(lines.at(-1)).toBe('  … and 2900 more')
  })

  test('that have no effect are warned about, without a controller too', async () => {
    const file = join(folder, 'idle.yaml')
    const spec = { at: ['all'], attributes: { localPref: 1100 } }
    await writeFile(file, formatDocument({ kind: 'Prefix', name: '10.0.0.0/25', spec }))
    const { code, out, err } = await herald('validate', '-f', `${network},${file}`)
    expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({
      code: 0,
      last: expect.stringMatching(/documents, no problem, 2 warnings$/),
    })
    expect(err).toContain(`${file}:1: warning: Prefix/10.0.0.0/25: 10.0.0.0/25 is longer than /24`)
    expect(err).toContain('LOCAL_PREF 1100 of 10.0.0.0/25 has no effect')
  })

  test('whose references Herald refuses are told with file and line too', async () => {
    const file = join(folder, 'dangling.yaml')
    await writeFile(file, 'apiVersion: herald/v1\nkind: Region\nmetadata: { name: mars }\nspec:\n  area: atlantis\n')
    const { code, err } = await herald('apply', '-f', file, '--reason', 'x')
    expect(code).toBe(2)
    expect(err).toContain(`${file}:5: Region/mars/spec/area`)
    expect(err).toContain('atlantis')
    expect(await herald('validate', '-f', network)).toMatchObject({ code: 0 })
  })
})
