/** An export policy that somebody changed by hand on the daemon: seen, and made right, without touching the rest. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import { type Gobgpd, gobgpVersions, startGobgpd } from '../../support/gobgpd.ts'
import { asn, options } from './backend.ts'
import { address } from './routes.ts'

const policy = { asn, neighbors: [{ address: address('192.0.2.9'), number: 11 }], treatments: [] }
const mark = '65001:1:11'

describe.each(gobgpVersions)('on gobgpd of %s', (version) => {
  let daemon: Gobgpd
  let speaker: Speaker
  beforeAll(async () => {
    daemon = await startGobgpd({ version, asn })
    speaker = connectGobgp({ endpoint: daemon.endpoint })
    await speaker.ensureExportPolicy(policy, options)
  })
  afterAll(async () => {
    speaker.close()
    await daemon.stop()
  })

  test.each([
    {
      what: 'a default that accepts',
      commands: ['global policy export set herald-steer herald-export default accept'],
      outcome: 'extended',
    },
    {
      what: 'a policy taken out of the chain',
      commands: ['global policy export del herald-steer'],
      outcome: 'installed',
    },
    { what: 'a chain taken away', commands: ['global policy export del'], outcome: 'installed' },
    {
      what: 'a chain in the wrong order',
      commands: ['global policy export set herald-export herald-steer default reject'],
      outcome: 'installed',
    },
    {
      what: 'a set that matches more than its mark',
      commands: [`policy large-community add herald-${mark} 65001:1:12`],
      outcome: 'extended',
    },
    {
      what: 'a withholding statement that rejects no more',
      commands: ['policy statement @withhold del action reject'],
      outcome: 'extended',
    },
    {
      what: 'a statement that does something else beside',
      commands: ['policy statement @withhold add action med set 5'],
      outcome: 'extended',
    },
    {
      what: 'a statement of somebody else that accepts everything, before ours',
      commands: ['policy statement add all', 'policy statement all add action accept', 'policy add herald-steer all'],
      outcome: 'extended',
    },
    {
      what: 'a statement of somebody else that accepts everything, after ours',
      commands: ['policy statement add any', 'policy statement any add action accept', 'policy add herald-export any'],
      outcome: 'extended',
    },
  ])('$what is repaired', async ({ commands, outcome }) => {
    expect(await speaker.ensureExportPolicy(policy, options)).toBe('unchanged')
    const before = await daemon.cli('global', 'policy')
    for (const command of commands) {
      const words = command.replace('@withhold', await withholdStatement(daemon)).split(' ')
      await daemon.cli(...words)
    }
    expect(await speaker.ensureExportPolicy(policy, options)).toBe(outcome)
    expect(await speaker.ensureExportPolicy(policy, options)).toBe('unchanged')
    expect(lines(await daemon.cli('global', 'policy'))).toEqual(lines(before))
  })

  test('a neighbor that moves to another address and back is steered at its address alone', async () => {
    const moved = { ...policy, neighbors: [{ address: address('192.0.2.10'), number: 11 }] }
    for (const [wanted, there, gone] of [
      [moved, '192.0.2.10', '192.0.2.9'],
      [policy, '192.0.2.9', '192.0.2.10'],
    ] as const) {
      expect(await speaker.ensureExportPolicy(wanted, options)).toBe('extended')
      const shown = await daemon.cli('global', 'policy')
      expect(shown).toMatch(new RegExp(`herald-neighbor-${there}$`, 'm'))
      expect(shown).not.toMatch(new RegExp(`herald-neighbor-${gone}$`, 'm'))
    }
  })

  test('what a neighbor left behind stays, and is in nobody’s way', async () => {
    const other = { ...policy, neighbors: [{ address: address('192.0.2.77'), number: 77 }] }
    expect(await speaker.ensureExportPolicy(other, options)).toBe('extended')
    expect(await speaker.ensureExportPolicy(policy, options)).toBe('unchanged')
    expect(await daemon.cli('global', 'policy')).toContain('herald-neighbor-192.0.2.77')
  })
})

async function withholdStatement(daemon: Gobgpd): Promise<string> {
  const [name] = /herald-65001:1:11-[0-9.]+-[0-9a-f]{8}/.exec(await daemon.cli('global', 'policy')) ?? []
  if (name === undefined) throw new Error('there is no withholding statement')
  return name
}

/** Steering statements fall through or reject, so their order among each other does not matter. */
function lines(shown: string): readonly string[] {
  return shown
    .split('\n')
    .map((line) => line.trim())
    .toSorted()
}
