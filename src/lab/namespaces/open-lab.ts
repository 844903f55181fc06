/** A lab that is up in namespaces, as a client of its supervisor. Commands in nodes run without going through it. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessIdentity, lives } from '../process-table.ts'
import type { RunningLab } from '../running-lab.ts'
import { type Connection, connectTo } from './connection.ts'
import type { LabState, NodeState } from './control.ts'
import { execIn, spawnIn } from './enter.ts'
import { controlSocket, labFolder, labOwner, removeLabFolder, runningLabs } from './lab-folder.ts'

export interface OpenLab extends RunningLab {
  /** Of this moment. */
  readonly state: LabState
  /** Run folder: logs of the nodes, the controller's socket. */
  readonly folder: string
  /** Lets the lab run on alone. A process may also just end. */
  close(): void
}

/** No lab, or more than one where none was named. */
export class NoSuchLab extends Error {
  override readonly name = 'NoSuchLab'
}

const endDeadlineMs = 15_000

/** @param name which, where several run; @throws NoSuchLab */
export async function openLab(name?: string): Promise<OpenLab> {
  const labs = runningLabs()
  const chosen = name ?? (labs.length === 1 ? labs[0] : undefined)
  if (chosen === undefined && labs.length > 0) throw new NoSuchLab(`several labs are up; name one: ${labs.join(', ')}`)
  if (chosen === undefined) throw new NoSuchLab('no lab is up: herald lab up FILE')
  if (!labs.includes(chosen))
    throw new NoSuchLab(`no lab named ${chosen} is up${labs.length > 0 ? `; there is ${labs.join(', ')}` : ''}`)
  const folder = labFolder(chosen)
  if (!existsSync(controlSocket(folder))) throw new NoSuchLab(`${chosen} is still starting`)
  return clientOf(await connectTo(controlSocket(folder)), folder)
}

function clientOf(connection: Connection, folder: string): OpenLab {
  const nodeOf = (name: string): NodeState => {
    const { nodes, name: lab } = connection.state
    const node = nodes.find((candidate) => candidate.name === name)
    if (node !== undefined) return node
    throw new Error(`${lab} has no node ${name}: ${nodes.map((each) => each.name).join(', ')}`)
  }
  return {
    folder,
    get state() {
      return connection.state
    },
    get name() {
      return connection.state.name
    },
    get nodes() {
      return connection.state.nodes
    },
    async exec(node, command, options) {
      const place = nodeOf(node)
      if (place.state === 'failed') return { code: 1, stdout: '', stderr: `${node} does not run\n` }
      return execIn(place, command, options)
    },
    spawn(node, command) {
      const place = nodeOf(node)
      if (place.state === 'failed') throw new Error(`${node} does not run`)
      return spawnIn(place, command)
    },
    impair: (endpoint, impairment) =>
      connection.order({ verb: 'impair', endpoint, ...(impairment === undefined ? {} : { impairment }) }),
    fail: (failure) => connection.order({ verb: 'fail', failure }),
    heal: (failure) => connection.order({ verb: 'heal', failure }),
    async down() {
      const owner = labOwner(folder) // which it removes with its folder
      // It ends instead of answering.
      await connection.order({ verb: 'down' }).catch(() => undefined)
      if (owner !== undefined) await gone(owner)
      removeLabFolder(folder)
    },
    close: () => connection.close(),
  }
}

/** The kernel counts the first process of a process namespace as ended when all others have. */
async function gone(owner: ProcessIdentity): Promise<void> {
  const giveUpAt = performance.now() + endDeadlineMs
  while (lives(owner)) {
    if (performance.now() > giveUpAt) throw new Error(`the lab's process ${owner.pid} does not end`)
    await sleep(10)
  }
}
