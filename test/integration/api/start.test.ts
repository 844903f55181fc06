/** `herald serve` with something wrong in what it was given: one line with the way out, before Redis or anything is started. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandEnvironment, runCommandLine } from '../../support/command-line.ts'

let folder: string
let data: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-start-'))
  data = join(folder, 'data')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The only line it logs, and its exit code. */
async function serve(...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const { REDIS_URL: _, ...environment } = commandEnvironment({ folder: data })
  const { code, err } = await runCommandLine(['serve', '--data', data, ...words], environment)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(existsSync(join(data, 'redis'))).toBe(false)
  return { code, said: err }
}

test('an address beyond loopback without tokens', async () => {
  const { code, said } = await serve('--listen', '0.0.0.0:0')
  expect(code).toBe(1)
  expect(said).toMatch(/"code":"misconfigured".*without tokens.*--tokens FILE/)
  expect(said).not.toContain('at startHerald')
})

test('a token file that is not there, or is not what it should be', async () => {
  const file = join(folder, 'tokens.json')
  expect((await serve('--tokens', file)).said).toMatch(/cannot read the token file: ENOENT.*\{name, role, sha256\}/)
  await writeFile(file, '[{"name":"ops","role":"king"}]')
  const { code, said } = await serve('--tokens', file)
  expect(code).toBe(1)
  expect(said).toContain(`${file}: token file: /0/role`)
})

test('an address that is taken, or that this machine does not have', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  try {
    expect((await serve('--listen', `127.0.0.1:${port}`)).said).toMatch(/another program listens there.*--listen/)
  } finally {
    other.close()
  }
  const tokens = join(folder, 'tokens.json')
  await writeFile(tokens, JSON.stringify([{ name: 'ops', role: 'admin', sha256: 'a'.repeat(64) }]))
  const { said } = await serve('--listen', '192.0.2.1:7179', '--tokens', tokens)
  expect(said).toMatch(/this machine has no such address/)
})

test('settings that cannot be read', async () => {
  const { code, said } = await serve('--listen', 'nowhere')
  expect({ code, said: said.trim() }).toEqual({
    code: 2,
    said: 'herald: settings: HERALD_LISTEN: write host:port or [v6]:port',
  })
})

test('a data folder that cannot be made', async () => {
  data = join(folder, 'file', 'data')
  await writeFile(join(folder, 'file'), '')
  expect((await serve()).said).toMatch(/cannot make the data folder: .*--data/)
})
