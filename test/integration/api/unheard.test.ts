/** Announcing where no neighbor is established: the plan says so, and whoever waits for the proof is told. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../../src/api/wire/change.ts'
import type { ExplanationView } from '../../../src/api/wire/explanation.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24'
const sentence = 'no established neighbor at pop-s0: nobody hears it'

let daemon: Gobgpd
let controller: Controller
let herald: CommandLine

beforeAll(async () => {
  daemon = await startGobgpd({ asn: networkAsn })
  controller = await startController()
  herald = commandLine(controller)
  await controller.apply(networkDocuments([{ id: 's0', endpoint: daemon.endpoint }]))
  await eventually(20_000, async () => expect((await herald('status')).code).toBe(0))
})

afterAll(async () => {
  await controller?.stop()
  await daemon?.stop()
})

test('the plan warns before anything is committed', async () => {
  const { out } = await herald('publish', prefix, '--at', 'all', '--dry-run')
  expect(out).toContain(`warning ${prefix} at s0: ${sentence}`)
})

test('with --wait the path is in the RIB, and the exit code is 3', async () => {
  const { code, out, err } = await herald('publish', prefix, '--at', 'all', '--reason', 'launch', '--wait')
  expect(out).toContain(`warning ${prefix} at s0: ${sentence}`)
  expect(out).toMatch(/^pop-s0 +s0 +\d+ ms +\d+ ms +- +0 +no established neighbor: nobody hears it$/m)
  expect(out).toMatch(/: done/)
  expect(err).toMatch(
    /revision \d+ is in the RIBs, but not heard everywhere\n {2}s0 at pop-s0: no established neighbor/,
  )
  expect(code).toBe(3)
})

test('explain and plan say it as long as it is so', async () => {
  const { sentences } = await controller.expect<ExplanationView>('GET', `/v1/explain?prefix=${prefix}`)
  expect(sentences).toContain(`s0: ${sentence}.`)
  expect((await herald('plan')).out).toContain(sentence)
})

test('a change that has nothing to do with it does not repeat it', async () => {
  const { plan } = await controller.expect<ChangeView>('POST', '/v1/freeze?dryRun=true', { reason: 'look' })
  expect(plan.warnings).toEqual([])
})
