import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openHighWater } from '../../../src/store/high-water.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-high-water-'))
  file = join(folder, 'data', 'high-water.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const at = (revision: number, epoch = 7) => ({ epoch, revision })

test('a host that has seen nothing accepts what it finds', async () => {
  const water = await openHighWater(file)
  expect(water.check(undefined)).toBe('ok')
  expect(water.check(at(5))).toBe('ok')
})

test('what was seen is remembered over a restart: less, nothing or another store is a problem until accepted', async () => {
  await (await openHighWater(file)).raise(at(5))
  const water = await openHighWater(file)
  expect(water.check(at(5))).toBe('ok')
  expect(water.check(at(6))).toBe('ok')
  expect(water.check(at(4))).toEqual({ problem: expect.stringContaining('rolled back to revision 4') })
  expect(water.check(undefined)).toEqual({ problem: expect.stringContaining('holds nothing') })
  expect(water.check(at(9, 8))).toEqual({ problem: expect.stringContaining('another store (epoch 8)') })
  await water.accept(at(2, 8))
  expect(water.check(at(2, 8))).toBe('ok')
  expect((await openHighWater(file)).seen()).toEqual(at(2, 8))
})

test('it is never lowered, and never raised by another store', async () => {
  const water = await openHighWater(file)
  await Promise.all([water.raise(at(5)), water.raise(at(3)), water.raise(at(9)), water.raise(at(20, 8))])
  expect(water.seen()).toEqual(at(9))
  expect((await openHighWater(file)).seen()).toEqual(at(9))
  expect(await readdir(join(folder, 'data'))).toEqual(['high-water.json'])
})

test('a write that was cut off leaves the old state; a damaged file is an error, not a clean slate', async () => {
  await (await openHighWater(file)).raise(at(5))
  await writeFile(`${file}.next`, '{"epo')
  expect((await openHighWater(file)).seen()).toEqual(at(5))
  await writeFile(file, '')
  await expect(openHighWater(file)).rejects.toMatchObject({ code: 'store-misconfigured' })
})

test('what was accepted at one controller counts at another that had seen no more, and counts once', async () => {
  const told = await openHighWater(file)
  const other = await openHighWater(join(folder, 'other', 'high-water.json'))
  const ahead = await openHighWater(join(folder, 'ahead', 'high-water.json'))
  await Promise.all([told.raise(at(9)), other.raise(at(8)), ahead.raise(at(12))])
  const acceptance = (await told.accept(at(4)))!
  expect(acceptance).toMatchObject({ was: at(9), now: at(4) })
  await Promise.all([other.follow(acceptance, at(5)), ahead.follow(acceptance, at(5))])
  expect(other.check(at(5))).toBe('ok')
  expect(ahead.check(at(5))).not.toBe('ok')
  // The same word, found in a Redis that lost something once more, is no word about that.
  await other.raise(at(7))
  const restarted = await openHighWater(join(folder, 'other', 'high-water.json'))
  await restarted.follow(acceptance, at(5))
  expect(restarted.check(at(5))).not.toBe('ok')
})
