/** `make bench`: every benchmark, one process each, in turn. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

let failed = 0
for (const benchmark of ['publish', 'upstream', 'bulk', 'plan']) {
  process.stdout.write(`\n${benchmark}\n`)
  const file = fileURLToPath(new URL(`${benchmark}.ts`, import.meta.url))
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit' })
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
