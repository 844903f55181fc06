/**
 * The last stage of a proof on real packets: vantage agents on the clients are answered by a POP, a change moves them, and
 * Herald says so: of a planned move, of a failover by automation, and of what nobody sees.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { AlarmDetailView } from '../../src/api/wire/alarm.ts'
import type { CatchmentView } from '../../src/api/wire/catchment.ts'
import type { ChangeView } from '../../src/api/wire/change.ts'
import { fleetTrouble, herald, readRevision } from '../../src/lab/controller.ts'
import type { Output, RunningLab } from '../../src/lab/running-lab.ts'
import { eventually } from '../support/eventually.ts'
import { startLab } from './start-lab.ts'

const prefix = '203.0.113.0/24'
const unseen = '203.0.113.128/25'
const withinMs = 30_000
const options = { timeout: 60_000 }

let lab: RunningLab

beforeAll(async () => {
  lab = await startLab('anycast-2pop')
  await eventually(60_000, async () => expect(await fleetTrouble(lab)).toBeUndefined())
}, 120_000)

afterAll(async () => {
  await lab?.down()
}, 60_000)

test('a first announcement is seen when the first vantage point is answered', options, async () => {
  const output = await herald(lab, ['publish', prefix, '--at', 'fra', '--reason', 'launch', '--seen'])
  expect(must(output)).toMatch(/catchment moved \d+ ms after it was accepted/)
  await eventually(withinMs, async () => {
    const { prefixes } = await catchment()
    expect(prefixes).toMatchObject([{ prefix, shares: [{ pop: 'fra', share: 1, vantages: 2 }] }])
    expect(prefixes[0]?.vantages.map(({ vantage, state, pop }) => `${vantage} ${state} ${pop}`)).toEqual([
      'client1-agent named fra',
      'client2-agent named fra',
    ])
  })
})

test(
  'a planned move is seen when the last vantage point has left the old POP, and events say so',
  options,
  async () => {
    const output = await herald(lab, [
      'publish',
      prefix,
      '--at',
      'ams',
      '--only',
      '--force',
      '--reason',
      'move',
      '--seen',
    ])
    expect(must(output)).toMatch(/client1-agent\s+203\.0\.113\.0\/24\s+fra → ams\s+-?\d+ ms\s+-?\d+ ms/)
    const { revision, proof } = await latest()
    console.log(must(await herald(lab, ['history', String(revision)])))
    expect(proof?.catchment).toMatchObject({
      state: 'moved',
      prefixes: [{ prefix, left: ['fra'], joined: ['ams'], state: 'moved' }],
      vantages: [
        { vantage: 'client1-agent', before: 'fra', after: 'ams' },
        { vantage: 'client2-agent', before: 'fra', after: 'ams' },
      ],
    })
    for (const { lastOldMs = NaN, firstNewMs = NaN } of proof?.catchment?.vantages ?? []) {
      expect(firstNewMs).toBeGreaterThan(lastOldMs)
      // Make before break: they move to the new POP, and the old one is withdrawn later.
      expect(firstNewMs).toBeLessThan(proof?.doneMs ?? 0)
    }
    expect((await catchment()).prefixes[0]?.shares).toMatchObject([{ pop: 'ams', share: 1 }])
    expect(await events()).toContainEqual(expect.objectContaining({ type: 'proof', revision, stage: 'seen' }))
  },
)

test('of a prefix that no vantage point looks at nothing is claimed, and --seen says so', options, async () => {
  const { code, stdout, stderr } = await herald(lab, ['publish', unseen, '--at', 'fra', '--reason', 'x', '--seen'])
  expect(code).toBe(3)
  expect(stdout).toContain('done')
  expect(stderr).toContain('no vantage point names the POP that answers, and no vantage router can tell')
})

test('an alarm that changed a route shows: detect → decide → push → adj-out → catchment moved', options, async () => {
  await apply([
    document('Prefix', prefix, {
      at: ['ams'],
      failover: { checks: ['web-ipv4'], backup: ['fra'], return: { prepends: [], stage: '1s' } },
    }),
  ])
  await eventually(withinMs, async () => {
    const { stdout } = await herald(lab, ['checks', '--state', 'healthy', '-o', 'name'])
    expect(stdout).toContain('web-ipv4/service/ams/web-ipv4')
    expect(stdout).toContain('web-ipv4/service/fra/web-ipv4')
  })
  await lab.fail({ kind: 'process', node: 'svc-ams', process: 'respond' })
  const id = 'web-ipv4/service/ams/web-ipv4'
  await eventually(withinMs, async () => {
    const { stdout } = await herald(lab, ['alarms', id, '-o', 'json'])
    const { revisions } = JSON.parse(stdout) as AlarmDetailView
    // Make before break: first the backup joins, and with it announced the sick POP is left, which supersedes the first.
    const left = revisions.find(({ proof }) => proof?.catchment?.prefixes.some(({ left }) => left.includes('ams')))
    expect(left?.proof).toMatchObject({ detection: { alarm: id }, catchment: { state: 'moved' } })
  })
  const text = must(await herald(lab, ['alarms', id]))
  console.log(text)
  expect(text).toMatch(/sent, then taken .* → decided .* → pushed .* → RIB .* → adj-out .* → catchment moved \d+ ms/)
  expect((await catchment()).prefixes[0]?.vantages[0]).toMatchObject({ vantage: 'client1-agent', pop: 'fra' })
})

test(
  'withdrawn everywhere, nobody is answered, and a controller that was killed meanwhile knows it too',
  options,
  async () => {
    const words = ['withdraw', prefix, '--everywhere', '--force', '--reason', 'end', '--yes', '-o', 'json']
    const { revision } = JSON.parse(must(await herald(lab, words))) as ChangeView
    await lab.fail({ kind: 'process', node: 'controller', process: 'herald' })
    // The dead process is seen for a moment longer.
    await eventually(withinMs, () => lab.heal({ kind: 'process', node: 'controller', process: 'herald' }))
    await eventually(withinMs, async () => {
      const found = await readRevision(lab, revision)
      expect(found?.proof).toMatchObject({ state: 'done', catchment: { state: 'moved' } })
    })
  },
)

async function apply(documents: readonly string[]): Promise<void> {
  const words = ['herald', 'apply', '-f', '-', '--reason', 'a test', '-y']
  must(await lab.exec('controller', words, { input: documents.join('---\n'), timeoutMs: withinMs }))
}

async function catchment(): Promise<CatchmentView> {
  return JSON.parse(must(await herald(lab, ['show', 'catchment', '-o', 'json']))) as CatchmentView
}

async function latest() {
  const found = await readRevision(lab, Number(must(await herald(lab, ['history', '-n', '1', '-o', 'name']))))
  if (found === undefined) throw new Error('the controller does not answer')
  return found
}

async function events(): Promise<readonly object[]> {
  const words = ['sh', '-c', 'timeout 2 herald watch --after 0-0 -o json || true']
  const { stdout } = await lab.exec('controller', words)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
}

function must({ code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(`exit ${code}: ${stdout}${stderr}`)
  return stdout.trim()
}

function document(kind: string, name: string, spec: object): string {
  return stringify({ apiVersion: 'herald/v1', kind, metadata: { name }, spec })
}
