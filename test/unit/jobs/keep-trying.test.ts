/** The retry loop's log: trouble once, "works again" only where it does. */
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { keepTrying } from '../../../src/jobs/keep-trying.ts'

/** What is logged while a task fails once and then does what it is given. */
async function logOf(then: (stop: AbortController) => Promise<void>): Promise<readonly string[]> {
  const said: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line).msg as string) })
  const stop = new AbortController()
  let calls = 0
  await keepTrying('a task', logger, stop.signal, async () => {
    if (++calls === 1) throw new Error('Redis is gone')
    await then(stop)
  })
  return said
}

test('a task that ends by itself after trouble works again', async () => {
  let ends = 0
  const said = await logOf(async (stop) => {
    if (++ends === 2) stop.abort()
  })
  expect(said).toEqual(['trouble; trying again', 'works again'])
})

test('a task that ends because everything stops proves nothing', async () => {
  const said = await logOf(async (stop) => {
    stop.abort()
    await sleep(1)
  })
  expect(said).toEqual(['trouble; trying again'])
})
