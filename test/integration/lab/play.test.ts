import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Played, play } from '../../../src/lab/scenario/play.ts'
import { parseScenario } from '../../../src/lab/scenario/script.ts'
import { type Stage, openStage } from '../../../src/lab/scenario/stage.ts'
import { runTraffic } from '../../../src/lab/traffic/run-traffic.ts'
import { type PlainLab, openPlainLab } from './plain-lab.ts'

let lab: PlainLab
let stage: Stage
beforeAll(async () => {
  lab = await openPlainLab()
  await lab.route('fra')
  stage = await openStage(lab)
})
afterAll(async () => {
  await stage?.close()
  await lab?.down()
})

/** @param meanwhile is done when a block begins */
async function played(
  text: string,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<{ readonly ok: boolean; readonly lines: readonly Played[] }> {
  const lines: Played[] = []
  let change = Promise.resolve()
  const ok = await play(stage, parseScenario('case', `topology plain\n${text}`), (line) => {
    lines.push(line)
    if (line.text.startsWith('during ')) change = sleep(500).then(meanwhile)
  })
  await change
  return { ok, lines }
}

describe('a scenario that is played', () => {
  test('holds where the packets do as expected', async () => {
    const { ok, lines } = await played(`
expect catchment client1 fra
expect route router 203.0.113.0/24 via svc-fra
during a quiet second:
  wait 300ms
  expect lost all 0
  expect requests lost all 0
  expect gap all 0ms
  expect moves client1 fra
  expect no route changes
`)
    expect(lines.filter((line) => !line.ok)).toEqual([])
    expect([ok, lines.length]).toEqual([true, 9])
  })

  test('a cut link is a gap, and is healed although the scenario ends before', async () => {
    const { ok, lines } = await played(`
during a cut:
  fail link router:to-svc-fra
  wait 300ms
  expect lost all 0
  expect gap client1 > 290ms
heal link router:to-svc-fra
`)
    expect(ok).toBe(false)
    expect(lines.map((line) => [line.text, line.ok]).slice(-2)).toEqual([
      ['expect lost all 0', false],
      ['expect gap client1 > 290ms', true],
    ])
    expect((await played('expect catchment client1 fra')).ok).toBe(true)
  })

  test('a route that changes by itself is seen', async () => {
    const text = `
during a quiet second:
  wait 1s
  expect no route changes
  expect moves client1 fra -> ams
`
    const { lines } = await played(text, () => lab.route('ams'))
    expect(lines.slice(-2)).toMatchObject([
      { ok: false, measured: '2: router: 203.0.113.0/24 by svc-ams, router: 2001:db8:100::/48 by svc-ams' },
      { ok: true },
    ])
  })

  test('what is expected in vain is told with what is instead', async () => {
    await lab.route('fra')
    const { ok, lines } = await played(
      'expect catchment client1 fra\nexpect catchment client1 ams within 200ms\nwait 1s',
    )
    expect(ok).toBe(false)
    const measured = expect.stringMatching(
      /^udp4 by fra, udp6 by fra\n[^]*^203\.0\.113\.0\/24: router by svc-fra for \d+\.\d s/m,
    )
    expect(lines).toMatchObject([{ ok: true }, { ok: false, measured }])
  })

  test('a controller that does not answer fails the line that asks it', async () => {
    const { lines } = await played('herald status')
    expect(lines).toMatchObject([{ ok: false, measured: expect.stringContaining('cannot reach Herald') }])
    const silent = { ok: false, measured: expect.stringContaining('the controller does not answer') }
    for (const unknown of ['checks well', 'fleet well', 'no alarm', 'refused floor'])
      expect((await played(`expect ${unknown} within 1ms`)).lines).toMatchObject([silent])
  })
})

test('traffic for a while ends with a table a client and family', async () => {
  await lab.route('fra')
  await stage.close() // its responders would be in the way
  const lines: string[] = []
  const terminal = {
    interactive: false,
    redraws: false,
    colors: false,
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(text),
    ask: () => Promise.reject(new Error('nobody to ask')),
    readInput: () => Promise.resolve(''),
  }
  const { signal } = new AbortController()
  const result = await runTraffic(lab, { forMs: 1000, signal, terminal, output: 'table' })
  expect(result.flows).toHaveLength(4)
  expect(result.problems).toEqual([])
  expect(lines.at(-1)).toMatch(/^client1 +IPv6 +fra +(19\d|2[01]\d) +0 +- +\d/m)
})
