/** What `herald practice --real` reports of how it ended: the command line against an API that tells one story each. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { PracticeView, RehearsalView } from '../../../src/api/wire/practice.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import { type Ended, runCommandLine } from '../../support/command-line.ts'

const pops = ['ams', 'fra', 'lon']
const out: RehearsalView = {
  prefix: '203.0.113.0/24',
  pop: 'fra',
  check: 'dns',
  outcome: 'out',
  measures: [{ action: 'withdraw', place: { kind: 'pop', name: 'fra' }, reason: 'drill' }],
  refused: [],
  before: pops,
  after: ['ams', 'lon'],
  traffic: [],
}
const running: PracticeView = {
  state: 'running',
  prefix: out.prefix,
  pop: 'fra',
  until: '2026-01-01T00:00:05Z',
  announced: ['ams', 'lon'],
  refused: [],
  revisions: [revision(2, 'done')],
}

function revision(number: number, state: ProofView['state']): PracticeView['revisions'][number] {
  const at = '2026-01-01T00:00:00Z'
  const proof = { revision: number, state, acceptedAt: at, held: [], speakers: [], unconverged: [] }
  return { revision: number, at, command: 'failover', reason: 'drill', proof: proof as unknown as ProofView }
}

test('well: how long it took, and that all announce it as before', async () => {
  const over: PracticeView = {
    ...running,
    state: 'over',
    announced: pops,
    outAfterMs: 77,
    backAfterMs: 3900,
    revisions: [revision(2, 'done'), revision(3, 'done')],
  }
  const { code, out: told } = await practised([running, over])
  expect(told).toMatch(
    /over: out, proved, 77 ms after .* all back 3\.9 s after .*; announced at ams, fra, lon, as before/,
  )
  expect(code).toBe(0)
})

test('while its last revision is not proved it is not over', async () => {
  const late: PracticeView = {
    ...running,
    state: 'over',
    announced: ['ams', 'lon'],
    revisions: [revision(2, 'done'), revision(3, 'pending')],
  }
  expect((await practised([late, late, { ...late, announced: pops, revisions: [revision(3, 'done')] }])).code).toBe(0)
  const never = await practised([late], '--timeout', '1s')
  expect(never).toMatchObject({ code: 3, err: expect.stringContaining('over, and not proved yet') })
})

test('where nothing was taken out it was no practice', async () => {
  const { code, err } = await practised([{ ...running, state: 'over', announced: pops, revisions: [] }])
  expect(code).toBe(1)
  expect(err).toMatch(/nothing was taken out/)
})

test('where it is not announced as before, that is said', async () => {
  const { code, err } = await practised([{ ...running, state: 'over', announced: ['ams', 'lon'] }])
  expect(code).toBe(3)
  expect(err).toMatch(/announced at ams, lon now, and at ams, fra, lon before/)
})

test('without --real nothing is asked of anybody, and the exit code says whether it would be refused', async () => {
  const dry = async (told: RehearsalView) =>
    against(
      () => told,
      (url) => herald(url, 'practice', out.prefix, '--pop', 'fra'),
    )
  expect((await dry(out)).code).toBe(0)
  expect((await dry({ ...out, stuck: 'fra came back a short while ago (G15)' })).code).toBe(1)
  const nothing = await dry({ ...out, outcome: 'nothing', because: '203.0.113.0/24 is not announced at fra' })
  expect(nothing).toMatchObject({ code: 1, out: expect.stringContaining('is not announced at fra') })
  expect((await herald('http://127.0.0.1:1', 'practice', '--pop', 'fra')).code).toBe(2)
})

/** A practice in earnest; the API tells these one after the other, the last one for ever. */
async function practised(views: readonly PracticeView[], ...more: readonly string[]): Promise<Ended> {
  let asked = 0
  const next = (url: string, method: string): RehearsalView | PracticeView => {
    if (url.startsWith('/v1/practice/rehearsal')) return out
    return method === 'POST' ? running : (views[Math.min(asked++, views.length - 1)] ?? running)
  }
  return against(next, (url) =>
    herald(url, 'practice', out.prefix, '--pop', 'fra', '--real', '--for', '5s', '--reason', 'drill', ...more),
  )
}

async function against(
  answer: (url: string, method: string) => RehearsalView | PracticeView,
  use: (url: string) => Promise<Ended>,
): Promise<Ended> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(request.url ?? '', request.method ?? 'GET')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function herald(url: string, ...words: readonly string[]): Promise<Ended> {
  return runCommandLine(words, { ...process.env, HERALD_URL: url, USER: 'alice' })
}
