/**
 * Drains of every kind of target, on real daemons of both versions, until they expire: marked, gone, their sessions shut,
 * and back by themselves, routes before sessions; everybody else hears the prefix all the time.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Document } from '../../../src/intent/document.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24'
const withinMs = 30_000
const lines = ['a1', 'a2', 'b1'] as const
type Line = (typeof lines)[number]

/** At pop-a the speaker `a` (3.36, lines a1 and a2) and the speaker `b` (4.8, line b1); elsewhere two POPs more. */
let birds: Readonly<Record<Line, Bird>>
let daemons: readonly Gobgpd[]
let speakers: readonly Speaker[]
let controller: Controller
let herald: CommandLine

beforeAll(async () => {
  const places = await Promise.all(
    [0, 1].map(async () => {
      const address = loopbackAddress()
      return { address, port: await freePort(address) }
    }),
  )
  const [a, b] = places as [(typeof places)[0], (typeof places)[0]]
  const bird = (place: typeof a, asn: number) => startBird(asn, () => [{ name: 's0', ...place, asn: networkAsn }])
  birds = { a1: await bird(a, 64496), a2: await bird(a, 64497), b1: await bird(b, 64498) }
  const own = { asn: networkAsn }
  daemons = [
    await startGobgpd({ ...own, version: 'trixie', address: a.address, bgpPort: a.port }),
    await startGobgpd({ ...own, version: 'forky', address: b.address, bgpPort: b.port }),
    await startGobgpd(own),
    await startGobgpd(own),
  ]
  speakers = daemons.map(({ endpoint }) => connectGobgp({ endpoint }))
  controller = await startController()
  herald = commandLine(controller)
  await controller.apply([...documents(), { kind: 'Prefix', name: prefix, spec: { at: ['all'] } }])
  await eventually(withinMs, async () => expect(await hearing()).toEqual(lines))
}, 90_000)

afterAll(async () => {
  await controller?.stop()
  for (const speaker of speakers ?? []) speaker.close()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await Promise.all(Object.values(birds ?? {}).map((bird) => bird.stop()))
})

describe('a drain with an expiry', () => {
  it.each([
    ['of a POP', ['pop-a'], ['a1', 'a2', 'b1']],
    ['of a region', ['region-a'], ['a1', 'a2', 'b1']],
    ['of an area', ['west'], ['a1', 'a2', 'b1']],
    ['of a speaker', ['--speaker', 'a'], ['a1', 'a2']],
    ['of a neighbor', ['--neighbor', 'a1'], ['a1']],
  ] as const)(
    '%s',
    async (_, target, drained) => {
      const before = await Promise.all(lines.map(async (line) => (await birds[line].farewells()).length))
      const options = ['--grace', '2s', '--for', '10s', '--shutdown', 'back in 10 s', '--reason', 'a test']
      const { code, err } = await herald('drain', ...target, ...options)
      expect(`${code} ${err}`).toBe('0 ')
      await eventually(withinMs, async () => expect(await marked()).toEqual(drained))
      const spared = lines.filter((line) => !drained.some((one) => one === line))
      await eventually(withinMs, async () => expect(await hearing()).toEqual(spared))
      await eventually(withinMs, async () => expect(await shut()).toEqual(drained))
      for (const line of drained) expect(await birds[line].communication('s0')).toBe('back in 10 s')
      await comeBack()
      expect(await marked()).toEqual([])
      for (const [i, line] of lines.entries()) {
        const farewells = (await birds[line].farewells()).slice(before[i])
        expect(`${line}: ${farewells.join(', ')}`).toBe(
          drained.some((one) => one === line) ? `${line}: removed ${prefix}, closed s0` : `${line}: `,
        )
      }
    },
    90_000,
  )

  it('that passes while no controller runs ends when one is back, in the same order', async () => {
    const options = ['--for', '8s', '--shutdown', 'back in 8 s', '--wait', '--reason', 'a test']
    expect((await herald('drain', 'pop-a', ...options)).code).toBe(0)
    await controller.kill()
    const from = performance.now()
    await eventually(withinMs, async () => expect(performance.now() - from).toBeGreaterThan(12_000))
    expect(await hearing()).toEqual([])
    expect(await shut()).toEqual(lines)
    await controller.restart()
    await comeBack()
  }, 90_000)
})

/** Everybody hears it again, and nobody's session was opened before the route was in the RIB. */
async function comeBack(): Promise<void> {
  await eventually(withinMs, async () => {
    const down = await shut()
    const inRibs = await Promise.all(speakers.slice(0, 2).map((speaker) => speaker.rib([prefix as never], options)))
    for (const line of lines) if (!down.includes(line)) expect(inRibs[line === 'b1' ? 1 : 0]).toHaveLength(1)
    if (down.length > 0) throw new Error(`still shut: ${down.join()}`)
  })
  await eventually(withinMs, async () => expect(await hearing()).toEqual(lines))
}

const options = { deadlineMs: 5000 }

async function hearing(): Promise<readonly Line[]> {
  return linesWhere(async (line) => (await birds[line].routes()).has(`s0 ${prefix}`))
}

async function marked(): Promise<readonly Line[]> {
  return linesWhere(async (line) => (await birds[line].attributes(prefix)).join().includes('(65535,0)'))
}

/** As their daemons say. */
async function shut(): Promise<readonly Line[]> {
  const found = (await Promise.all(speakers.slice(0, 2).map((speaker) => speaker.neighbors(options)))).flat()
  return linesWhere(async (line) => found.find(({ address }) => address === birds[line].address)?.adminDown === true)
}

async function linesWhere(holds: (line: Line) => Promise<boolean>): Promise<readonly Line[]> {
  const answers = await Promise.all(lines.map(holds))
  return lines.filter((_, i) => answers[i])
}

function documents(): readonly Document[] {
  const neighbor = (id: Line, speaker: string, i: number) => ({
    id,
    speaker,
    address: birds[id].address,
    asn: birds[id].asn,
    localAddress: daemons[i]!.address,
    remotePort: birds[id].port,
  })
  const made = networkDocuments(
    ['a', 'b', 'c', 'd'].map((id, i) => ({ id, endpoint: daemons[i]!.endpoint })),
    [neighbor('a1', 'a', 0), neighbor('a2', 'a', 0), neighbor('b1', 'b', 1)],
  )
  const west = made.map((document): Document => {
    if (document.kind === 'Region' && document.name === 'region-a') return { ...document, spec: { area: 'west' } }
    if (document.kind !== 'Speaker' || document.name !== 'b') return document
    return { ...document, spec: { ...(document.spec as object), pop: 'pop-a' } }
  })
  return [
    { kind: 'Area', name: 'west', spec: {} },
    ...west.filter(({ name }) => name !== 'pop-b' && name !== 'region-b'),
  ]
}
