/** What a place takes for in use: in the shadow what BGP does, until something was decided there; then its own choice. */
import { expect, test } from 'vitest'
import { inUseNews } from '../../../src/jobs/learner/in-use.ts'
import type { Spot } from '../../../src/jobs/learner/spot.ts'
import { type Place, newPlace, stepPlace } from '../../../src/learning/place.ts'
import { type Mode, defaultSettings } from '../../../src/learning/settings.ts'
import { type Measured, armBatch, batch, minuteMs, subject } from '../../support/learning.ts'

const atMs = Date.UTC(2026, 0, 1)

/** After batches of these costs, in which BGP has `a` in use. */
function shadowed(times: number, costs: Readonly<Record<string, Measured>>, before: Place = newPlace(subject)): Place {
  const beginMs = before.latest?.atMs ?? atMs
  return Array.from({ length: times }).reduce<Place>((place, _, i) => {
    const measured = batch(beginMs + (i + 1) * 4 * minuteMs, costs, { applied: false, bgpChoice: 'a' })
    return stepPlace(place, { kind: 'batch', batch: measured }, defaultSettings).place
  }, before)
}

function spot(mode: Mode, inUse: string, offered: readonly string[] = ['a', 'b']): Omit<Spot, 'edit'> {
  const arms = offered.map((path) => ({
    candidate: armBatch(path, 50).candidate,
    measure: undefined,
  }))
  return { subject, mode, canaries: [], arms, bgpChoice: inUse, inUse, preference: undefined }
}

const flat = { a: 50, b: 50 }
const undecided = shadowed(1, flat)
const decided = shadowed(10, { a: 90, b: 50 }, shadowed(30, flat))

test('BGP that hears of the better path after the first batch is followed, and nothing was taken back by that', () => {
  expect(undecided.learner).toMatchObject({ chosen: 'a', lastMove: null })
  const news = inUseNews(undecided, spot('shadow', 'b'), atMs)
  expect(news).toEqual({ kind: 'in-use', atMs, path: 'b', committed: null, takenBack: false })
  expect(stepPlace(undecided, news!, defaultSettings).place.learner.chosen).toBe('b')
})

test('a shadow that has decided goes its own way, whatever BGP has in use', () => {
  expect(decided.learner).toMatchObject({ chosen: 'b', lastMove: { from: 'a' } })
  expect(inUseNews(decided, spot('shadow', 'a'), atMs)).toBeUndefined()
})

test('where moves are carried out what is in use counts, decided or not', () => {
  for (const place of [undecided, decided]) {
    const other = place.learner.chosen === 'a' ? 'b' : 'a'
    expect(inUseNews(place, spot('auto', other), atMs)).toMatchObject({ path: other })
  }
})

test('what is in use as remembered is no news, nor is a path that nobody offers', () => {
  expect(inUseNews(undecided, spot('shadow', 'a'), atMs)).toBeUndefined()
  expect(inUseNews(undecided, spot('shadow', 'c'), atMs)).toBeUndefined()
  expect(inUseNews(newPlace(subject), spot('shadow', 'b'), atMs)).toBeUndefined()
})
