/** Who may tell alerts, and what is no message: the access and the shape of Alertmanager's webhook. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlertListView } from '../../../src/api/wire/alert.ts'
import type { Role } from '../../../src/api/token.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, openStage, withFiveSites } from './stage.ts'

const path = '/v1/alerts/alertmanager'
const message = { version: '4', alerts: [{ status: 'firing', labels: { alertname: 'PopDown', site: 'pop-s1' } }] }

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => redis.stop())

test('a token of the role alerts tells alerts and may do nothing else; a viewer may not tell', async () => {
  const roles: readonly Role[] = ['alerts', 'viewer', 'operator']
  const tokens = roles.map((role) => ({ name: role, role, sha256: createHash('sha256').update(role).digest('hex') }))
  const stage = await openStage(redis.url, { auth: { tokens } })
  const as = (role: Role) => ({ headers: { authorization: `Bearer ${role}` } })
  try {
    expect((await ask(stage, 'POST', path, { body: message, ...as('alerts') })).status).toBe(200)
    expect((await ask(stage, 'POST', path, { body: message, ...as('operator') })).status).toBe(200)
    expect((await ask(stage, 'POST', path, { body: message, ...as('viewer') })).status).toBe(403)
    expect((await ask(stage, 'GET', '/v1/alarms', as('alerts'))).status).toBe(403)
    expect((await ask(stage, 'POST', '/v1/automation/go', { body: { reason: 'x' }, ...as('alerts') })).status).toBe(403)
    expect((await ask(stage, 'POST', path, { body: message })).status).toBe(401)
  } finally {
    await stage.close()
  }
})

test('many messages at once lose none; one that is no message is refused', async () => {
  const stage: Stage = await openStage(redis.url)
  try {
    await withFiveSites(stage)
    const mapping = { match: { alertname: 'PopDown' }, pop: '{site}' }
    await accept(stage, 'POST', '/v1/apply', { documents: [{ kind: 'AlertMapping', name: 'down', spec: mapping }] })
    const sites = ['pop-s1', 'pop-s2', 'pop-s3', 'pop-s4', 'pop-s5']
    const tell = (site: string) =>
      ask(stage, 'POST', path, { body: { alerts: [{ status: 'firing', labels: { alertname: 'PopDown', site } }] } })
    const answers = await Promise.all(sites.map(tell))
    expect(answers.map(({ status }) => status)).toEqual(sites.map(() => 200))
    const { places } = (await ask<AlertListView>(stage, 'GET', '/v1/alerts')).body
    expect(places.map(({ subject, firing }) => `${subject} ${firing}`).toSorted()).toEqual(
      sites.map((site) => `service/${site}/down 1`),
    )
    await tell('pop-s1') // told again: the same alert
    const again = (await ask<AlertListView>(stage, 'GET', '/v1/alerts')).body
    expect(again.places.map(({ firing }) => firing)).toEqual([1, 1, 1, 1, 1])
    expect((await ask(stage, 'POST', path, { body: { alerts: [{ status: 'odd', labels: {} }] } })).status).toBe(422)
    expect((await ask(stage, 'POST', path, { body: { version: '4' } })).status).toBe(422)
  } finally {
    await stage.close()
  }
})
