/**
 * Brings a topology of deploy/containerlab up in network namespaces, as `herald lab up` does, but apart from the labs that
 * the user may have up: their names may be the same. It ends with the tests, however they end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { launchLab } from '../../src/lab/namespaces/launch.ts'
import { openLab } from '../../src/lab/namespaces/open-lab.ts'
import type { RunningLab } from '../../src/lab/running-lab.ts'

/** Labs are found in the folder for temporary files. */
const folder = mkdtempSync(join(tmpdir(), 'herald-test-lab-'))
process.env['TMPDIR'] = folder
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

export async function startLab(topology: string): Promise<RunningLab> {
  const file = resolve(join('deploy/containerlab', topology, `${topology}.clab.yml`))
  return openLab(await launchLab(file, { tied: true }))
}
