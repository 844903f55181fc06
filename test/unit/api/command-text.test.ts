/** The audit's command line: whole, so that it can be typed again. */
import { expect, test } from 'vitest'
import { attributeWords, neighborWords, placeWords, secondsWords } from '../../../src/api/command-text.ts'

test('attributes are told by the options that set them', () => {
  const attributes = {
    prepend: 2,
    med: 50,
    localPref: 1100,
    communities: ['64500:1', 'no-export'],
    nextHop: '192.0.2.1',
    gracefulShutdown: true,
  }
  expect(attributeWords(attributes).join(' ')).toBe(
    '--prepend 2 --med 50 --local-pref 1100 --community 64500:1,no-export --next-hop 192.0.2.1 --graceful-shutdown',
  )
  expect(attributeWords({ announce: false })).toEqual(['--withhold'])
  expect(attributeWords({ announce: true, gracefulShutdown: false })).toEqual(['--announce', '--no-graceful-shutdown'])
  expect(attributeWords({ communities: [] })).toEqual(['--community', "''"])
})

test('neighbors are told one by one, each with its words', () => {
  expect(neighborWords({ 'fra-isp': { prepend: 1 }, 'sin-isp': { announce: false } }).join(' ')).toBe(
    '--neighbor fra-isp --prepend 1 --neighbor sin-isp --withhold',
  )
})

test('what was not said is not told', () => {
  expect([...placeWords([]), ...placeWords(undefined), ...secondsWords('--for', undefined)]).toEqual([])
  expect([...placeWords(['fra', 'sin']), ...secondsWords('--for', 7200)]).toEqual(['--at', 'fra,sin', '--for', '7200s'])
})
