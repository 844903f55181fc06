/** A pinger in a process of its own, for tests that put it into a network namespace; tells findings to its parent. */
import { type IcmpTask, Pinger } from '../../../src/probe/icmp/pinger.ts'

const pinger = new Pinger({ onFinding: (task, finding, atMs) => process.send?.([task.id, finding, atMs]) })
pinger.configure(JSON.parse(process.argv[2] ?? '[]') as IcmpTask[])
process.on('disconnect', () => pinger.close())
