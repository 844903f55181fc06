/**
 * Alertmanager's webhook on real daemons: an alert that fires takes the route out at its POP, resolved brings it back after
 * the hold-down; what is left out of a message, or leads nowhere, moves nothing and is told; a new leader still knows.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlarmListView, AlarmDetailView } from '../../../src/api/wire/alarm.ts'
import type { AlertListView, AlertsTakenView } from '../../../src/api/wire/alert.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import { commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24' as Prefix
const places = ['s0', 's1', 's2', 's3']
const holdDownMs = 1000
const withinMs = 20_000

let controller: Controller
let daemons: readonly Gobgpd[]
let speakers: readonly Speaker[]

beforeAll(async () => {
  daemons = await Promise.all(places.map(() => startGobgpd({ asn: networkAsn })))
  speakers = daemons.map(({ endpoint }) => connectGobgp({ endpoint }))
  controller = await startController()
  await controller.apply([
    ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
    { kind: 'AlertMapping', name: 'pop-down', spec: { match: { alertname: 'PopDown' }, pop: '{site}' } },
    {
      kind: 'Prefix',
      name: prefix,
      spec: {
        at: ['all'],
        failover: { checks: ['pop-down'], holdDown: `${holdDownMs}ms`, return: { prepends: [], stage: '1s' } },
      },
    },
  ])
  await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
}, 60_000)

afterAll(async () => {
  for (const speaker of speakers ?? []) speaker.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
}, 30_000)

describe('an alert about a POP', () => {
  it('takes the route out there, with a time line of how', async () => {
    const sent = Date.now()
    expect(await tell('firing', 's1')).toMatchObject({ taken: 1, unmapped: [] })
    await eventually(withinMs, async () => expect(await announcing()).toEqual(['s0', 's2', 's3']))
    console.log(`webhook → in no RIB, polled: ${Date.now() - sent} ms`)
    await eventually(withinMs, async () => expect(await openAlarms()).toEqual([alarmId]))
    const detail = await controller.expect<AlarmDetailView>('GET', `/v1/alarms/${encodeURIComponent(alarmId)}`)
    expect(detail).toMatchObject({ state: 'firing', source: 'alertmanager', message: 'pop-down: s1 is dark' })
    expect(detail.revisions[0]?.proof?.detection).toMatchObject({ alarm: alarmId })
  })

  it('stays out when a later message leaves the alert out, and the omission is told', async () => {
    expect(await post({ receiver: 'herald', truncatedAlerts: 1, alerts: [] })).toMatchObject({ taken: 0, truncated: 1 })
    await eventually(withinMs, async () => expect(await openAlarms()).toEqual(['alerts-truncated/herald', alarmId]))
    expect(await announcing()).toEqual(['s0', 's2', 's3'])
    await post({ receiver: 'herald', truncatedAlerts: 0, alerts: [] })
    await eventually(withinMs, async () => expect(await openAlarms()).toEqual([alarmId]))
  })

  it('is still known to a controller that starts anew', async () => {
    await controller.restart()
    await eventually(withinMs, async () => expect(await openAlarms()).toEqual([alarmId]))
    expect(await announcing()).toEqual(['s0', 's2', 's3'])
  })

  it('that is resolved brings the route back, not before its hold-down is over', async () => {
    const begun = performance.now()
    await tell('resolved', 's1')
    await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
    expect(performance.now() - begun).toBeGreaterThan(holdDownMs)
    await eventually(withinMs, async () => expect(await openAlarms()).toEqual([]))
  })
})

it('an alert that leads nowhere is answered, told of, and moves nothing', async () => {
  const { unmapped } = await tell('firing', 'atlantis')
  expect(unmapped).toMatchObject([{ problem: 'there is no POP "atlantis"' }])
  const other = await post({ alerts: [{ status: 'firing', labels: { alertname: 'DiskFull' }, fingerprint: 'x' }] })
  expect(other.unmapped[0]?.problem).toContain('pop-down wants alertname "PopDown", it has "DiskFull"')
  const alerts = await controller.expect<AlertListView>('GET', '/v1/alerts')
  expect(alerts.unmapped.map(({ labels }) => labels['alertname'])).toEqual(['DiskFull', 'PopDown'])
  expect((await commandLine(controller)('alerts')).out).toContain('there is no POP "atlantis"')
  expect(await announcing()).toEqual(places)
})

it('POPs that are said to be down all at once are not believed', async () => {
  await post({ alerts: places.map((site) => alert('firing', site)) })
  await eventually(withinMs, async () => expect(await openAlarms()).toContain('monitoring-suspect/monitoring'))
  expect(await announcing()).toEqual(places)
  const { out } = await commandLine(controller)('automation')
  expect(out).toContain('G3 correlation does not let it take out')
  expect(out).toContain('herald go --reason')
})

it('a person who looked says go: what is sick goes, down to the floor', async () => {
  const { code, out } = await commandLine(controller)(
    'go',
    '--reason',
    'power is out there, confirmed by phone',
    '--yes',
  )
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('is believed') })
  await eventually(withinMs, async () => expect(await announcing()).toHaveLength(2))
  const { revisions } = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=1')
  expect(revisions[0]).toMatchObject({ author: 'herald:failover', forced: ['G2'] })
  expect((await commandLine(controller)('automation')).out).toContain('G1 floor does not let it take out')
})

const alarmId = 'pop-down/service/pop-s1/pop-down'

function alert(status: 'firing' | 'resolved', site: string) {
  const labels = { alertname: 'PopDown', site: `pop-${site}`.replace('pop-atlantis', 'atlantis') }
  return { status, labels, annotations: { summary: `${site} is dark` }, fingerprint: `f-${site}` }
}

function tell(status: 'firing' | 'resolved', site: string): Promise<AlertsTakenView> {
  return post({ alerts: [alert(status, site)] })
}

/** As Alertmanager 0.28 and Grafana send it, with what they say beside. */
function post(message: object): Promise<AlertsTakenView> {
  const around = {
    version: '4',
    groupKey: '{}:{}',
    status: 'firing',
    groupLabels: {},
    externalURL: 'http://am',
    orgId: 1,
  }
  return controller.expect('POST', '/v1/alerts/alertmanager', { ...around, ...message })
}

async function openAlarms(): Promise<readonly string[]> {
  const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
  return alarms.map(({ id }) => id).toSorted()
}

/** POPs whose RIB holds the prefix, by name of the speaker. */
async function announcing(): Promise<readonly string[]> {
  const ribs = await Promise.all(speakers.map((speaker) => speaker.rib([prefix], { deadlineMs: 3000 })))
  return places.filter((_, i) => (ribs[i] ?? []).length > 0)
}
