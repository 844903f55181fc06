/**
 * The process that a lab lives in: `supervisor.ts <plan as JSON>`, process 1 of a process namespace, in a network
 * namespace where the links of the lab meet. It outlives the command that started it and takes orders on a unix socket.
 * However it ends, the kernel ends every process of the lab with it, and with them go namespaces, mounts and links.
 *
 * On standard output it says one line of JSON when the lab is up, `{}`, or why not, `{"error": …}`.
 */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readClabFile } from '../clab/read-file.ts'
import { identify } from '../process-table.ts'
import type { LabState, Message, Order, Request } from './control.ts'
import { apiSocket, controlSocket, ownLabFolder, removeLabFolder } from './lab-folder.ts'
import { NamespaceLab } from './lab.ts'

export interface SupervisorPlan {
  /** Of the lab; several of one file may be up under different names. */
  readonly name: string
  readonly file: string
  /** It ends when its standard input does, and so with whoever started it. */
  readonly tied: boolean
  readonly folder: string
  readonly tree: string
}

const plan = JSON.parse(process.argv[2] ?? '{}') as SupervisorPlan
const clients = new Set<Socket>()
let lab: NamespaceLab | undefined

try {
  await start()
  say({})
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) })
  end(1)
}

async function start(): Promise<void> {
  process.on('SIGTERM', () => end(0))
  process.on('SIGHUP', () => undefined)
  // /proc is the machine's: this process is not number 1 there.
  const self = identify(Number(readFileSync('/proc/self/stat', 'utf8').split(' ')[0]))
  if (self === undefined) throw new Error('cannot read /proc')
  ownLabFolder(plan.folder, self)
  // The meeting place of links speaks no IP itself.
  for (const scope of ['all', 'default']) writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, '1')
  if (plan.tied) process.stdin.on('end', () => end(0)).resume()
  const topology = { ...readClabFile(plan.file, join(plan.tree, 'deploy/images')), name: plan.name }
  const starting = new NamespaceLab({ ...plan, topology, pid: self.pid, onChange: tellAll })
  await starting.start()
  lab = starting
  const server = createServer(serve)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(controlSocket(plan.folder), resolve)
  })
  tellAll()
}

function serve(client: Socket): void {
  clients.add(client)
  client.on('close', () => clients.delete(client))
  client.on('error', () => clients.delete(client))
  if (lab !== undefined) send(client, { state: lab.state() })
  const lines = createInterface({ input: client })
  lines.on('error', () => undefined) // the socket's, told again
  lines.on('line', (line) => {
    const request = JSON.parse(line) as Request
    void obey(request).then(
      () => send(client, { id: request.id }),
      (error: unknown) =>
        send(client, { id: request.id, error: error instanceof Error ? error.message : String(error) }),
    )
  })
}

async function obey(order: Order): Promise<void> {
  if (lab === undefined) throw new Error('the lab is not up yet')
  switch (order.verb) {
    case 'impair':
      return lab.impair(order.endpoint, order.impairment)
    case 'fail':
      return lab.fail(order.failure)
    case 'heal':
      return lab.heal(order.failure)
    case 'down':
      return end(0)
  }
}

function tellAll(): void {
  if (lab === undefined) return
  const state = lab.state()
  linkApi(state)
  for (const client of clients) send(client, { state })
}

/** A unix socket is reached by its path from any network: the controller's has one here, by way of its process 1. */
function linkApi({ nodes }: LabState): void {
  const controller = nodes.find(({ image, state }) => image === 'controller' && state === 'running')
  const link = apiSocket(plan.folder)
  rmSync(link, { force: true })
  if (controller !== undefined) symlinkSync(`/proc/${controller.pid}/root/var/lib/herald/herald.sock`, link)
}

function send(client: Socket, message: Message): void {
  client.write(`${JSON.stringify(message)}\n`)
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** As process 1: nothing of the lab survives it. */
function end(code: number): never {
  if (existsSync(plan.folder)) removeLabFolder(plan.folder)
  process.exit(code)
}
