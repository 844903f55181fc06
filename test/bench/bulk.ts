/**
 * A full table into an empty speaker, and looking at it again when nothing changed.
 *   - 100,000 paths from desired state to read back, beside `gobgp mrt inject` of the same paths until they are there
 *   - a no-op reconcile of 100,000 paths (read, compare with the targets), beside a bare ListPath of them
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Path } from '../../src/bgp/path.ts'
import { connectGobgp } from '../../src/speaker/gobgp/connect.ts'
import { observe } from '../../src/speaker/ownership.ts'
import type { Speaker } from '../../src/speaker/speaker.ts'
import { type Gobgpd, gobgpProgram, startGobgpd } from '../support/gobgpd.ts'
import { bareListPath } from './bare.ts'
import { mrtTable } from './mrt.ts'
import { figures, report } from './report.ts'
import { asn, epoch, table } from './table.ts'

const runs = 5
const options = { deadlineMs: 60_000 }

const folder = await mkdtemp(join(tmpdir(), 'herald-bench-'))
const dump = join(folder, 'table.mrt')
const paths = table()
await writeFile(dump, mrtTable(paths))
const inject: number[] = []
const announce: number[] = []
const list: number[] = []
const reconcile: number[] = []
try {
  for (let run = 0; run <= runs; run++) {
    const first = await withDaemon(injectTable)
    const second = await withDaemon(announceTable)
    if (run === 0) continue // warm-up
    inject.push(first)
    announce.push(second.announceMs)
    list.push(...second.listMs)
    reconcile.push(...second.reconcileMs)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
const ratio = (a: readonly number[], b: readonly number[]) => figures(a).p50 / figures(b).p50
report('bulk', [
  {
    what: '100,000 paths into an empty speaker, from desired state to read back',
    unit: 'ms',
    herald: figures(announce),
    baseline: { what: 'gobgp mrt inject of the same paths, until they are there', figures: figures(inject) },
    budget: '≤ 1.0 × baseline',
    met: ratio(announce, inject) <= 1,
  },
  {
    what: 'no-op reconcile of 100,000 paths',
    unit: 'ms',
    herald: figures(reconcile),
    baseline: { what: 'bare ListPath of them', figures: figures(list) },
    budget: '≤ 1.5 × baseline',
    met: ratio(reconcile, list) <= 1.5,
  },
])

async function withDaemon<T>(use: (daemon: Gobgpd, speaker: Speaker) => Promise<T>): Promise<T> {
  const daemon = await startGobgpd({ asn })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  try {
    await speaker.global(options)
    return await use(daemon, speaker)
  } finally {
    speaker.close()
    await daemon.stop()
  }
}

async function injectTable(daemon: Gobgpd, speaker: Speaker): Promise<number> {
  const started = performance.now()
  await promisify(execFile)(gobgpProgram('forky', 'gobgp'), [
    '--host',
    daemon.address,
    '--port',
    String(daemon.apiPort),
    'mrt',
    'inject',
    'global',
    dump,
  ])
  const elapsedMs = performance.now() - started
  const arrived = (await speaker.rib('all', options)).length
  if (arrived !== paths.length) throw new Error(`gobgp mrt inject left ${arrived} of ${paths.length} paths`)
  return elapsedMs
}

async function announceTable(daemon: Gobgpd, speaker: Speaker) {
  const started = performance.now()
  const refused = await speaker.announce(paths, options)
  const differing = await differences(speaker)
  const announceMs = performance.now() - started
  if (refused.length + differing > 0) throw new Error(`${refused.length} refused, ${differing} differ`)
  const listMs: number[] = []
  const reconcileMs: number[] = []
  for (let i = 0; i < 3; i++) {
    listMs.push(await bareListPath(daemon.endpoint, paths.length))
    const again = performance.now()
    if ((await differences(speaker)) > 0) throw new Error('a table at rest differs from itself')
    reconcileMs.push(performance.now() - again)
  }
  return { announceMs, listMs, reconcileMs }
}

/** Reads the whole RIB and compares it with what was asked for. */
async function differences(speaker: Speaker): Promise<number> {
  const seen = observe(await speaker.rib('all', options), asn, epoch)
  return paths.filter((path: Path) => seen.get(path.prefix)?.attributes !== path.attributes).length
}
