/** A lab of namespaces from its start to its end, however it ends: nothing is left, nothing is shared, refusals say why. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { launchLab } from '../../../src/lab/namespaces/launch.ts'
import { type OpenLab, openLab } from '../../../src/lab/namespaces/open-lab.ts'
import { type LineFile, addressOfB, lineFile, passes, ping } from './line.ts'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const poll = { timeout: 15_000, interval: 50 }
const cli = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url))

function file(): LineFile {
  const made = lineFile()
  cleanups.push(() => made.remove())
  return made
}

async function up(made: LineFile = file()): Promise<OpenLab> {
  const lab = await openLab(await launchLab(made.file))
  cleanups.push(() => lab.down())
  return lab
}

/** The network namespaces of a lab: its nodes' and the one where links meet. */
function namespacesOf({ state }: OpenLab): readonly string[] {
  return [state.pid, ...state.nodes.map(({ pid }) => pid)].map((pid) => readlinkSync(`/proc/${pid}/ns/net`))
}

/** Processes of a lab that still run: in one of its namespaces, or with its folder in their command line. */
function processesOf(folder: string, namespaces: readonly string[]): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return words.includes(folder) || namespaces.includes(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {
      return false // gone, or a zombie
    }
  })
}

function ofTheMachine(): string {
  const links = readdirSync('/sys/class/net').toSorted().join(' ')
  return `${readFileSync('/proc/self/mountinfo', 'utf8')}${links}`
}

test('a lab that is taken down leaves no process, no namespace, no mount and no file', async () => {
  const before = ofTheMachine()
  const lab = await up()
  const namespaces = namespacesOf(lab)
  expect(new Set(namespaces).size).toBe(5)
  expect(namespaces).not.toContain(readlinkSync('/proc/self/ns/net'))
  expect(ofTheMachine()).toBe(before)
  await lab.impair('a:eth1', { delayMs: 1, jitterMs: 1 })
  await lab.down()
  // The kernel has ended them; on a busy machine they are seen for a moment longer.
  await expect.poll(() => processesOf(lab.folder, namespaces), poll).toEqual([])
  expect(existsSync(lab.folder)).toBe(false)
  expect(ofTheMachine()).toBe(before)
})

test.each(['the supervisor', 'its parent'])(
  'kill -9 of %s ends all of the lab; the next start removes its folder',
  async (who) => {
    const lab = await up()
    const namespaces = namespacesOf(lab)
    await lab.impair('a:eth1', { delayMs: 1, jitterMs: 1 })
    const { pid } = lab.state
    process.kill(who === 'the supervisor' ? pid : parentOf(pid), 'SIGKILL')
    await expect.poll(() => processesOf(lab.folder, namespaces), poll).toEqual([])
    expect(existsSync(lab.folder)).toBe(true)
    await expect(lab.impair('a:eth1', undefined)).rejects.toThrow('the lab is gone')
    await expect(openLab(lab.name)).rejects.toThrow(`no lab named ${lab.name} is up`)
    await up()
    expect(existsSync(lab.folder)).toBe(false)
  },
)

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test('two labs are up at once with the same addresses, and what is done to one does nothing to the other', async () => {
  const [one, other] = await Promise.all([up(), up()])
  await Promise.all([passes(one), passes(other)])
  await one.fail({ kind: 'link', endpoint: 'a:eth1' })
  expect((await ping(one, addressOfB.ipv4, { count: 2, spacingMs: 10 })).received).toBe(0)
  expect((await ping(other, addressOfB.ipv4, { count: 2, spacingMs: 10 })).received).toBe(2)
  await one.down()
  expect((await ping(other, addressOfB.ipv6, { count: 2, spacingMs: 10 })).received).toBe(2)
})

test('the same lab is not started twice, and goes on', async () => {
  const made = file()
  const lab = await up(made)
  await expect(launchLab(made.file)).rejects.toThrow(`a lab named ${made.name} is up already`)
  await passes(lab)
})

test('a node whose start program gives up ends the start of the lab, with its last lines and nothing left', async () => {
  const made = file()
  writeFileSync(join(made.folder, 'r1/frr.conf'), 'hostname r1\nrouter bgp none\n')
  await expect(launchLab(made.file)).rejects.toThrow(/r1 ended while it started:\n(.*\n)*.*vtysh refused/)
  await expect(openLab(made.name)).rejects.toThrow('no lab')
  writeFileSync(join(made.folder, 'r1/frr.conf'), 'hostname r1\n')
  await up(made)
})

test('an exec command that fails ends the start of the lab, and says which', async () => {
  const made = file()
  const text = readFileSync(made.file, 'utf8')
  writeFileSync(made.file, text.replace('dev eth1', 'dev eth9'))
  await expect(launchLab(made.file)).rejects.toThrow(
    'a: exec "ip address add 192.0.2.2/28 dev eth9": Cannot find device',
  )
})

test('an interrupted start leaves nothing', async () => {
  const made = file()
  const child = spawn(process.execPath, [cli, 'lab', 'up', made.file], { stdio: 'ignore' })
  const folder = (): readonly string[] => processesOf(made.name, [])
  await expect.poll(() => folder().length, poll).toBeGreaterThan(2)
  child.kill('SIGINT')
  await once(child, 'exit')
  await expect.poll(folder, poll).toEqual([])
  await expect(openLab(made.name)).rejects.toThrow('no lab')
})

test('the command line starts a lab, runs commands in its nodes, tells what was done to it, and ends it', async () => {
  const made = file()
  const herald = async (...words: readonly string[]): Promise<string> =>
    (
      await promisify(execFile)(process.execPath, [cli, 'lab', ...words], {
        env: { ...process.env, HERALD_LAB: made.name },
      })
    ).stdout
  expect(await herald('up', made.file)).toContain(`${made.name} is up: 4 nodes, 3 links`)
  cleanups.push(async () =>
    openLab(made.name).then(
      (lab) => lab.down(),
      () => undefined,
    ),
  )
  expect(await herald('exec', 'b', '--', 'hostname')).toBe('b\n')
  await expect(herald('exec', 'b', '--', 'bash', '-c', 'exit 7')).rejects.toMatchObject({ code: 7 })
  await herald('impair', 'r1:eth2', '--delay', '20ms', '--loss', '1%')
  await herald('fail', 'partition', 'a', 'b')
  const status = await herald('status')
  expect(status).toContain('impaired: r1:eth2 – r2:eth1: delay 20 ms, loss 1 %')
  expect(status).toContain('failed: partition a b')
  expect(JSON.parse(await herald('status', '-o', 'json'))).toMatchObject({
    name: made.name,
    failures: [{ kind: 'partition' }],
  })
  await herald('heal', 'partition', 'b', 'a')
  await expect(herald('heal', 'link', 'a:eth9')).rejects.toMatchObject({ code: 1 })
  expect(await herald('down')).toBe(`${made.name} is down\n`)
  await expect(herald('status')).rejects.toMatchObject({ code: 4 })
})

const isRoot = process.getuid?.() === 0
const wholeRoot = isRoot && readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)[2] === '4294967295'

/** As root of a user namespace that has root alone, as deploy/with-namespaces.sh makes it. */
test('a lab runs in a user namespace, without any privilege outside of it', async () => {
  const made = file()
  const script = `
    set -e; trap '"$1" "$2" lab down "$4"' EXIT; "$1" "$2" lab up "$3"; "$1" "$2" lab exec --lab "$4" a -- timeout 60 bash -c "until ping -n -c 1 -W 1 198.51.100.2; do sleep 0.1; done"
    "$1" "$2" lab impair --lab "$4" a:eth1 --delay 20ms; "$1" "$2" lab exec --lab "$4" a -- ping -n -c 2 192.0.2.1
    "$1" "$2" lab fail --lab "$4" node b; "$1" "$2" lab heal --lab "$4" node b`
  const words = ['--user', '--map-root-user', '--net', '--mount', 'bash', '-c', script, 'lab', process.execPath, cli]
  const { stdout } = await promisify(execFile)('unshare', [...words, made.file, made.name])
  expect(stdout).toContain('node b: healed')
  expect(stdout).toMatch(/rtt min.* = (?:[4-9]\d|\d{3,})\.\d/)
  await expect.poll(() => processesOf(made.name, []), poll).toEqual([])
})

test.runIf(wholeRoot)(
  'an ordinary user runs a lab, and enters its nodes from outside of its user namespace',
  async () => {
    const made = file()
    const home = mkdtempSync(join(tmpdir(), 'herald-nobody-'))
    cleanups.push(() => rmSync(home, { recursive: true }))
    for (const folder of [home, made.folder]) chmodSync(folder, 0o777)
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--']
    const script = `
    set -e; trap '"$1" "$2" lab down "$4"' EXIT; "$1" "$2" lab up "$3"; "$1" "$2" lab exec --lab "$4" a -- timeout 60 bash -c "until ping -n -c 1 -W 1 198.51.100.2; do sleep 0.1; done"
    "$1" "$2" lab exec --lab "$4" r1 -- vtysh -c 'show running-config'`
    const words = [...nobody, 'bash', '-c', script, 'lab', process.execPath, cli, made.file, made.name]
    const { stdout } = await promisify(execFile)('setpriv', words, { env: { PATH: process.env['PATH'], TMPDIR: home } })
    expect(stdout).toContain('1 received')
    expect(stdout).toContain('router bgp 64496')
    expect(stdout).toContain(`${made.name} is down`)
  },
)

test('where namespaces may not be made, one sentence says what to do', async () => {
  const made = file()
  const place = mkdtempSync(join(tmpdir(), 'herald-no-unshare-'))
  cleanups.push(() => rmSync(place, { recursive: true }))
  writeFileSync(join(place, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const told = spawnSync(process.execPath, [cli, 'lab', 'up', made.file], {
    env: { ...process.env, PATH: `${place}:${process.env['PATH']}` },
    encoding: 'utf8',
  })
  expect(told.status).toBe(1)
  expect(told.stderr).toBe(
    'herald: the lab needs network namespaces: run it as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)\n',
  )
  expect(existsSync(join(dirname(made.folder), `herald-labs-0/${made.name}`))).toBe(false)
})

test('where no space is left, one sentence says where', async () => {
  const made = file()
  const script = `
    mount -t tmpfs -o size=4k,nr_inodes=2,mode=700 full "$1" && mkdir "$1/taken"
    TMPDIR="$1" exec "$2" "$3" lab up "$4"`
  const place = mkdtempSync(join(tmpdir(), 'herald-full-'))
  cleanups.push(() => rmSync(place, { recursive: true }))
  const told = spawnSync('unshare', ['--mount', 'bash', '-c', script, 'lab', place, process.execPath, cli, made.file], {
    encoding: 'utf8',
  })
  expect({ status: told.status, stderr: told.stderr }).toEqual({
    status: 1,
    stderr: `herald: no space is left in ${place}; make some, or set TMPDIR\n`,
  })
})
