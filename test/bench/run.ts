/** `make bench`: every benchmark, one process each, in turn. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

let failed = 0
/** The plan must do with 2 GiB in all: a heap of 1,600 MiB and what Node needs beside it. */
const heapMib: Readonly<Record<string, number>> = { plan: 1600 }

for (const benchmark of ['publish', 'upstream', 'bulk', 'plan', 'health', 'ingest']) {
  process.stdout.write(`\n${benchmark}\n`)
  const file = fileURLToPath(new URL(`${benchmark}.ts`, import.meta.url))
  const heap = heapMib[benchmark]
  const args = heap === undefined ? [file] : [`--max-old-space-size=${heap}`, file]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
