/** What a speaker must have before its first path, asked of a daemon that is just starting. */
import { expect, test } from 'vitest'
import type { DesiredSpeaker } from '../../../src/intent/desired.ts'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'
import { prepareOnce } from '../../../src/jobs/prepare.ts'
import { createMemorySpeaker } from '../../../src/speaker/memory.ts'
import { asn } from '../../support/builders.ts'

const options = { deadlineMs: 1000 }
const configured: DesiredSpeaker = {
  speaker: 'fra-1' as SpeakerId,
  pop: 'fra' as PopId,
  endpoint: 'memory',
  asn,
  neighbors: [],
  treatments: [],
}

test('a daemon that has its policy is not asked again for a moment', async () => {
  const speaker = createMemorySpeaker({ asn })
  expect(await prepareOnce(speaker, configured, options)).toBe('was-empty')
  expect(await prepareOnce(speaker, configured, options)).toBe('ready')
  speaker.setForeignPolicy('site')
  expect(await prepareOnce(speaker, configured, options)).toBe('ready')
})

test('one whose file brings a policy of its own a moment after it answered is found out before the first path', async () => {
  const speaker = createMemorySpeaker({ asn })
  expect(await prepareOnce(speaker, configured, options)).toBe('was-empty')
  speaker.setForeignPolicy('site')
  await expect(prepareOnce(speaker, configured, options)).rejects.toThrow('site')
})
