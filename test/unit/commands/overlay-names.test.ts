/** Whoever ends an overlay names it, or what it is about; of several the one that lasts is meant. */
import { expect, test } from 'vitest'
import type { ApiClient } from '../../../src/commands/client.ts'
import { findOverlay } from '../../../src/commands/overlay-names.ts'

const over = Date.now() - 60_000

async function found(said: string, drains: Readonly<Record<string, { at: string; expiresAtMs?: number }>>) {
  const documents = Object.entries(drains).map(([name, spec]) => ({ kind: 'Drain', name, spec }))
  const api = { request: async () => ({ documents }) } as unknown as ApiClient
  return (await findOverlay(api, 'Drain', said, ({ at }) => [at])).name
}

test('by its name, or by what it is about', async () => {
  const drains = { one: { at: 'fra' }, two: { at: 'ams' } }
  expect(await found('one', drains)).toBe('one')
  expect(await found('ams', drains)).toBe('two')
  await expect(found('sin', drains)).rejects.toThrow('no drain is about "sin"; there are: one, two')
  await expect(found('sin', {})).rejects.toThrow('there is none')
})

test('one that expired is in no way, and is found where it is the only one', async () => {
  const drains = { old: { at: 'fra', expiresAtMs: over }, now: { at: 'fra' } }
  expect(await found('fra', drains)).toBe('now')
  expect(await found('fra', { old: drains.old })).toBe('old')
  expect(await found('old', drains)).toBe('old')
  await expect(found('fra', { ...drains, too: { at: 'fra', expiresAtMs: Date.now() + 60_000 } })).rejects.toThrow(
    '2 drains are about fra; name one',
  )
  await expect(
    found('fra', { now: drains.now, too: { at: 'fra', expiresAtMs: 4_000_000_000_000 } }),
  ).rejects.toMatchObject({
    details: ['now, until it is lifted', 'too, until 2096-10-02 07:06:40 UTC'],
  })
})
