/** What ships for Prometheus and Grafana: rules that promtool takes, with their time lines, and only metrics that exist. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../../src/app/metrics.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { freshTag, openTestStore } from '../../support/store.ts'

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const promtool = (...words: readonly string[]) => promisify(execFile)(file('.cache/prometheus/promtool'), words)
const rules = file('deploy/prometheus/herald.rules.yml')

let redis: TestRedis
let store: OpenStore
/** Names of series that Prometheus would have. */
let series: ReadonlySet<string>
let rendered: string

beforeAll(async () => {
  redis = await startRedis()
  store = await openTestStore(redis.url, freshTag())
  rendered = await createMetrics(store).render()
  series = seriesOf(rendered)
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})

test('promtool takes the rules, and each alert fires on its time line and not before', async () => {
  expect((await promtool('check', 'rules', rules)).stdout).toContain('SUCCESS')
  expect((await promtool('test', 'rules', file('deploy/prometheus/herald.test.yml'))).stdout).toContain('SUCCESS')
}, 60_000)

test('every alert of the rules has a time line', async () => {
  const { groups } = parse(await readFile(rules, 'utf8')) as { groups: { rules: { alert: string }[] }[] }
  const tested = await readFile(file('deploy/prometheus/herald.test.yml'), 'utf8')
  const alerts = groups.flatMap((group) => group.rules.map(({ alert }) => alert))
  expect(alerts.filter((alert) => !new RegExp(`alertname: ${alert}\\s+exp_alerts`).test(tested))).toEqual([])
})

test('rules ask for metrics that exist', async () => {
  const { groups } = parse(await readFile(rules, 'utf8')) as { groups: { rules: { expr: string }[] }[] }
  const asked = groups.flatMap((group) => group.rules.flatMap(({ expr }) => metricsIn(expr)))
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((name) => !series.has(name))).toEqual([])
})

test('the first step of a staged change is an increase: its series begin at 0', () => {
  const steps = [...rendered.matchAll(/^herald_rollout_steps_total\{step="(\S+)"\} (\d+)$/gm)]
  expect(steps.map(([, step, value]) => [step, value])).toEqual([
    ['advance', '0'],
    ['done', '0'],
    ['rollback', '0'],
  ])
})

test('every panel of the dashboard asks for metrics that exist', async () => {
  const dashboard = JSON.parse(await readFile(file('deploy/grafana/herald.json'), 'utf8')) as {
    panels: { id: number; type: string; targets?: { expr: string }[] }[]
    annotations: { list: { expr?: string }[] }
  }
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  for (const { targets = [] } of panels) for (const { expr } of targets) expect(metricsIn(expr), expr).not.toEqual([])
  const exprs = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.annotations.list.flatMap(({ expr }) => expr ?? []),
  ]
  expect(exprs.flatMap(metricsIn).filter((name) => !series.has(name))).toEqual([])
})

test('every panel of the dashboard asks in PromQL', async () => {
  const { panels } = JSON.parse(await readFile(file('deploy/grafana/herald.json'), 'utf8')) as {
    panels: { targets?: { expr: string }[] }[]
  }
  const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll(/\$\w+/g, '.*')))
  const folder = await mkdtemp(join(tmpdir(), 'herald-dashboard-'))
  try {
    const records = exprs.map((expr, i) => ({ record: `panel:${i}`, expr }))
    await writeFile(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: records }] }))
    const { stdout } = await promtool('check', 'rules', join(folder, 'rules.yml'))
    expect(stdout).toContain(`SUCCESS: ${exprs.length} rules found`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

function metricsIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\bherald_[a-z0-9_]+/g)].map(([name]) => name)
}

function seriesOf(rendered: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [, name = '', type] of rendered.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    names.add(name)
    if (type === 'histogram') for (const end of ['bucket', 'sum', 'count']) names.add(`${name}_${end}`)
  }
  return names
}
