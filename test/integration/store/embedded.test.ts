import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmbeddedRedis, startEmbeddedRedis } from '../../../src/store/embedded.ts'
import { type OpenStore, openStore } from '../../../src/store/open.ts'
import { adding, eventually, succeeds } from '../../support/store.ts'

let root: string
let folder: string
const cleanups: (() => Promise<unknown> | void)[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'herald-embedded-'))
  folder = join(root, 'data', 'redis')
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  await rm(root, { recursive: true, force: true })
})

async function start(): Promise<EmbeddedRedis> {
  const embedded = await startEmbeddedRedis({ folder })
  cleanups.push(() => embedded.stop())
  return embedded
}

async function open(embedded: EmbeddedRedis): Promise<OpenStore> {
  const store = await openStore({ redis: embedded.settings })
  cleanups.push(() => store.close())
  return store
}

/** Never 0 or undefined: a signal to process 0 goes to all of ours. */
function pidOf(embedded: EmbeddedRedis): number {
  const pid = embedded.pid()
  if (pid === undefined) throw new Error('the embedded server is down')
  return pid
}

/** Resolves once another server than `pid` serves the store. */
async function healed(embedded: EmbeddedRedis, store: OpenStore, pid: number): Promise<void> {
  await eventually(async () => embedded.pid() !== undefined && embedded.pid() !== pid)
  await eventually(() => succeeds(store.ping()))
}

const pop = (name: string) => ({ kind: 'Pop', name, spec: {} }) as const
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/cmdline`) && statSync(`/proc/${pid}`).isDirectory()

test('it listens on a unix socket of its owner alone, opens without findings, and keeps its data over a clean stop', async () => {
  const first = await startEmbeddedRedis({ folder })
  const store = await openStore({ redis: first.settings })
  expect(store.findings).toEqual([])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'redis.sock')).mode & 0o777).toBe(0o700)
  const { epoch } = await store.revisions.initialise()
  await store.revisions.commit(adding(0, [pop('fra')]))
  await store.close()
  const pid = pidOf(first)
  await first.stop()
  expect(isAlive(pid)).toBe(false)
  expect(await readdir(folder)).not.toContain('controller.lock')
  expect(await (await open(await start())).revisions.head()).toEqual({ epoch, revision: 1 })
})

test('a killed server is back at once, on the same store object, with every revision', async () => {
  const embedded = await start()
  const store = await open(embedded)
  await store.revisions.initialise()
  for (let revision = 0; revision < 3; revision++) {
    const pid = pidOf(embedded)
    await store.revisions.commit(adding(revision, [pop(`p${revision}`)]))
    process.kill(pid, 'SIGKILL')
    const killed = performance.now()
    await healed(embedded, store, pid)
    expect(performance.now() - killed).toBeLessThan(2000) // 0.2 s on an idle machine
    expect((await store.revisions.documents()).revision).toBe(revision + 1)
  }
})

test('a folder in use is refused with the process that has it; a second server is never started', async () => {
  const embedded = await start()
  await expect(startEmbeddedRedis({ folder })).rejects.toMatchObject({
    code: 'store-misconfigured',
    message: expect.stringContaining(`in use by process ${process.pid}`),
  })
  expect(isAlive(pidOf(embedded))).toBe(true)
})

test('after kill -9 of the controller its successor finds the data at once, and no server is left over', async () => {
  const program = fileURLToPath(new URL('../../support/embedded-controller.ts', import.meta.url))
  const controller = fork(program, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ pid, revision }] = (await once(controller, 'message')) as [{ pid: number; revision: number }]
  controller.kill('SIGKILL')
  await once(controller, 'exit')
  const embedded = await start()
  // The server of the killed controller may still be on its way out when it is found.
  await eventually(() => (embedded.pid() !== pid && !isAlive(pid)) || embedded.pid() === undefined)
  await eventually(async () => embedded.pid() !== undefined)
  const store = await open(embedded)
  expect((await store.revisions.head())?.revision).toBe(revision)
})

test('a server left over from a controller is adopted, watched and stopped as its own', async () => {
  const first = await startEmbeddedRedis({ folder })
  const pid = pidOf(first)
  // As if the controller had been killed and its server had outlived it.
  await writeFile(join(folder, 'controller.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }))
  const second = await start()
  expect(second.pid()).toBe(pid)
  const store = await open(second)
  await store.revisions.initialise()
  await second.stop()
  await eventually(() => !isAlive(pid))
  await first.stop()
})

test('a half-written end of the AOF is cut off, and what was before it is there', async () => {
  const first = await startEmbeddedRedis({ folder })
  const store = await openStore({ redis: first.settings })
  await store.revisions.initialise()
  await store.revisions.commit(adding(0, [pop('fra')]))
  await store.close()
  await first.stop()
  const name = (await readdir(join(folder, 'appendonlydir'))).find((name) => name.endsWith('.incr.aof')) ?? ''
  await appendFile(join(folder, 'appendonlydir', name), '*3\r\n$3\r\nSET\r\n$5\r\nhal')
  expect((await (await open(await start())).revisions.head())?.revision).toBe(1)
})

test('a missing redis-server, a folder that cannot be, and a damaged AOF are each one clear sentence', async () => {
  await expect(startEmbeddedRedis({ folder, program: 'no-such-redis' })).rejects.toMatchObject({
    code: 'store-misconfigured',
    message: expect.stringContaining('apt-get install redis-server'),
  })
  await writeFile(join(root, 'file'), '')
  await expect(startEmbeddedRedis({ folder: join(root, 'file', 'redis') })).rejects.toMatchObject({
    code: 'store-misconfigured',
    message: expect.stringContaining('not writable'),
  })
  await expect(startEmbeddedRedis({ folder: join(root, 'x'.repeat(100)) })).rejects.toMatchObject({
    message: expect.stringContaining('too long'),
  })
  mkdirSync(join(folder, 'appendonlydir'), { recursive: true })
  await writeFile(join(folder, 'appendonlydir', 'appendonly.aof.manifest'), 'no manifest\n')
  await expect(startEmbeddedRedis({ folder })).rejects.toMatchObject({
    code: 'store-misconfigured',
    message: expect.stringContaining('redis.log'),
  })
  expect(await readdir(folder)).not.toContain('controller.lock')
})

const canMount = mountTmpfs(join(tmpdir(), `herald-mount-${process.pid}`), '1m')

test.skipIf(!canMount)(
  'on a full disk changes are refused as full and never acknowledged, reads go on, and space heals it (skipped: no right to mount)',
  async () => {
    mkdirSync(folder, { recursive: true })
    if (!mountTmpfs(folder, '8m', 'keep')) throw new Error('mount failed')
    cleanups.push(() => void execFileSync('umount', ['-l', folder]))
    const embedded = await start()
    const store = await open(embedded)
    await store.revisions.initialise()
    const ballast = join(folder, 'ballast')
    const fill = async (): Promise<number> => {
      const { bavail, bsize } = await statfs(folder)
      await writeFile(ballast, Buffer.alloc(bavail * bsize - 1024 * 1024))
      for (let acknowledged = 0; ;) {
        try {
          const { revision } = (await store.revisions.head()) ?? { revision: 0 }
          const large = { kind: 'Pop', name: `p${revision}`, spec: 'x'.repeat(100_000) } as const
          acknowledged = (await store.revisions.commit(adding(revision, [large]))).revision
        } catch (error) {
          expect(error).toMatchObject({ code: 'store-full', message: expect.stringContaining('Free space') })
          return acknowledged
        }
      }
    }
    const filled = await fill()
    expect(filled).toBeGreaterThan(0)
    const next = adding((await store.revisions.head())?.revision ?? 0, [pop('refused')])
    await expect(store.revisions.commit(next)).rejects.toMatchObject({ code: 'store-full' })
    expect((await store.revisions.documents(filled)).documents.size).toBe(filled)
    await rm(ballast)
    await eventually(() => succeeds(store.revisions.commit(next)))
    expect((await store.revisions.documents()).documents.has('Pop/refused')).toBe(true)

    // Killed while the disk is full: what was acknowledged until then is there, whatever else is lost.
    const acknowledged = await fill()
    const pid = pidOf(embedded)
    process.kill(pid, 'SIGKILL')
    await rm(ballast)
    await healed(embedded, store, pid)
    const { revision, documents } = await store.revisions.documents()
    expect(revision).toBeGreaterThanOrEqual(acknowledged)
    expect(documents.size).toBe(revision)
  },
  20_000,
)

/** True where a tmpfs could be mounted; taken away again unless kept. */
function mountTmpfs(path: string, size: string, then: 'try' | 'keep' = 'try'): boolean {
  try {
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path], { stdio: 'ignore' })
    if (then === 'try') {
      execFileSync('umount', [path])
      execFileSync('rmdir', [path])
    }
    return true
  } catch {
    return false
  }
}
