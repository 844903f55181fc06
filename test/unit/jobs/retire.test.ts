import { describe, expect, it } from 'vitest'
import type { DesiredSpeaker } from '../../../src/intent/desired.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { retireSpeakers } from '../../../src/jobs/retire.ts'
import type { SpeakerState } from '../../../src/store/store.ts'
import { intent } from '../../support/builders.ts'

const gone = 'gone-1' as SpeakerId
const configured = { speaker: gone, neighbors: [{ id: 'n' }], treatments: [] } as unknown as DesiredSpeaker
const withdrawn: SpeakerState = {
  decided: 3,
  applied: 3,
  status: { reach: 'up', sinceMs: 1, readAtMs: 2 },
  configured,
  policed: true,
  trouble: undefined,
  added: {},
  shut: {},
  forsaken: false,
}

function retire(state: Partial<SpeakerState>, holds = false, of = intent({ pops: ['fra'] })): string {
  const fleet = { holds: () => holds }
  const { bare, forget } = retireSpeakers(of, new Map([[gone, { ...withdrawn, ...state }]]), fleet)
  return [...bare.map(({ neighbors }) => `configured with ${neighbors.length} neighbors`), ...forget].join()
}

describe('a speaker whose document is gone', () => {
  it('keeps its neighbors while a path of ours is there', () => {
    expect(retire({ added: { '192.0.2.1': 'as added' } }, true)).toBe('')
  })
  it('loses the neighbors that Herald added once no path of ours is there', () => {
    expect(retire({ added: { '192.0.2.1': 'as added' } })).toBe('configured with 0 neighbors')
  })
  it('has the sessions opened that a drain had shut, and is not forgotten before', () => {
    const shut = { '192.0.2.1': { drain: 'Drain/fra' } } as const
    expect(retire({ shut, configured: { ...configured, shut: {} } })).toBe('configured with 0 neighbors')
    expect(retire({ shut, configured: { ...configured, neighbors: [] } })).toBe('')
  })
  it('is told so once', () => {
    const bare = { ...configured, neighbors: [] }
    expect(retire({ added: { '192.0.2.1': 'as added' }, configured: bare })).toBe('')
  })
  it('is forgotten when nothing of ours is left', () => {
    expect(retire({})).toBe(gone)
  })
  it('is not forgotten while a decision about it is on its way', () => {
    expect(retire({ applied: 2 })).toBe('')
  })
  it('that was never read is forgotten at once: nothing was ever done there', () => {
    expect(retire({ applied: 0, status: undefined })).toBe(gone)
  })
  it('is forgotten, whatever it holds, when a person gave it up', () => {
    expect(retire({ forsaken: true, added: { '192.0.2.1': 'as added' } }, true)).toBe(gone)
  })
  it('is left alone where the intent has no Network, which is taken for a loss', () => {
    expect(retire({}, false, intent({ network: 'none' }))).toBe('')
  })
})

it('a speaker with a document is left alone', () => {
  const fra = intent({ pops: ['fra'] })
  const states = new Map([['fra-1' as SpeakerId, { ...withdrawn, forsaken: true }]])
  expect(retireSpeakers(fra, states, { holds: () => false })).toEqual({ bare: [], forget: [] })
})
