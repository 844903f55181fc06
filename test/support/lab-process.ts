/** A process that starts a lab, prints its folder and waits to be killed: `lab-process.ts <topology as JSON>`. */
import { startLab } from '../../src/lab/lab.ts'
import type { Topology } from '../../src/lab/topology.ts'

const lab = await startLab(JSON.parse(process.argv[2] ?? '{}') as Topology)
process.stdout.write(`${lab.folder.path}\n`)
setInterval(() => undefined, 60_000)
