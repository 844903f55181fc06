/** The command line as a person uses it: the real cli.ts, a real controller with its own Redis, real gobgpd. */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatDocument } from '../../../src/intent/manifest.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Ended, cliProgram as cli, commandEnvironment, runCommandLine as run } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { eventually } from '../../support/store.ts'

const prefix = '203.0.113.0/24'

let daemons: readonly Gobgpd[]
let bird: Bird
let controller: Controller
let folder: string
let network: string

beforeAll(async () => {
  const places = await Promise.all(
    ['s0', 's1', 's2'].map(async (name) => {
      const address = loopbackAddress()
      return { name, address, bgpPort: await freePort(address) }
    }),
  )
  bird = await startBird(64496, () =>
    places.map(({ name, address, bgpPort: port }) => ({ name, address, port, asn: networkAsn })),
  )
  daemons = await Promise.all(places.map(({ address, bgpPort }) => startGobgpd({ asn: networkAsn, address, bgpPort })))
  controller = await startController()
  folder = await mkdtemp(join(tmpdir(), 'herald-cli-'))
  network = join(folder, 'network')
  await mkdir(network)
  const documents = networkDocuments(
    daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint })),
    daemons.map(({ address }, i) => ({
      id: `s${i}-isp`,
      speaker: `s${i}`,
      address: bird.address,
      asn: bird.asn,
      localAddress: address,
      remotePort: bird.port,
    })),
  )
  await writeFile(join(network, 'all.yaml'), documents.map(formatDocument).join('---\n'))
  await herald('apply', '-f', network, '--reason', 'first inventory', '--wait')
  const established = async () => [...(await herald('show', 'neighbor')).out.matchAll(/established/g)].length
  await eventually(async () => (await established()) === 3, 30_000)
})

afterAll(async () => {
  await controller.stop()
  await Promise.all(daemons.map((daemon) => daemon.stop()))
  await bird.stop()
  await rm(folder, { recursive: true, force: true })
})

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return commandEnvironment(controller, more)
}

function herald(...words: readonly string[]): Promise<Ended> {
  return run(words, environment())
}

async function withdrawEverywhere(): Promise<void> {
  await herald('withdraw', prefix, '--everywhere', '--force', '--reason', 'clean', '--wait')
}

describe('publish and withdraw', () => {
  beforeEach(withdrawEverywhere)

  test('with --wait prove it at every speaker, in milliseconds, and the RIB has it', async () => {
    const { code, out } = await herald('publish', prefix, '--at', 'all', '--reason', 'launch', '--wait')
    expect(code).toBe(0)
    expect(out).toMatch(/^POP +SPEAKER +PUSHED +RIB +ADJ-OUT/m)
    for (const speaker of ['s0', 's1', 's2'])
      expect(out).toMatch(new RegExp(`^pop-${speaker} +${speaker} +\\d+ ms +\\d+ ms`, 'm'))
    expect(out).toMatch(/revision \d+: done \d+ ms after it was accepted/)
    for (const daemon of daemons) expect(await daemon.cli('global', 'rib')).toContain(prefix)
    const route = await herald('show', 'route', prefix)
    expect(route.out).toMatch(/^ +Network +Next Hop +AS_PATH +Age +Attrs$/m)
    expect(route.out).toMatch(/^\*> +203\.0\.113\.0\/24 +192\.0\.2\.1 +\d\d:\d\d:\d\d +\[\{Origin: i\}/m)
  })

  test('as a dry run change nothing', async () => {
    const { code, out } = await herald('publish', prefix, '--at', 'all', '--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('+ announce')
    expect(await daemons[0]?.cli('global', 'rib')).not.toContain(prefix)
  })

  test('are refused with the guard and the way out, and exit 1', async () => {
    await herald('publish', prefix, '--at', 'all', '--reason', 'launch')
    const { code, err } = await herald('withdraw', prefix, '--everywhere', '--reason', 'off')
    expect(code).toBe(1)
    expect(err).toMatch(/refused; nothing was changed\n(?: {2}G4: .*\n)? {2}G1: .*--force/)
  })

  test('need words about where, and a reason, and exit 2', async () => {
    expect(await herald('withdraw', prefix, '--reason', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--everywhere'),
    })
    expect(await herald('publish', prefix, '--at', 'all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say why with --reason'),
    })
  })

  test('go into the audit under the name of who did it', async () => {
    await herald('publish', prefix, '--at', 'pop-s1,pop-s2', '--reason', 'launch in two')
    const { out } = await herald('history', '-n', '1')
    expect(out).toMatch(/alice +publish 203\.0\.113\.0\/24 --at pop-s1,pop-s2 +launch in two/)
  })

  test('go into the audit whole, with attributes and neighbors', async () => {
    await herald('publish', prefix, '--at', 'all', '--med', '50', '--reason', 'launch')
    await herald('publish', prefix, '--neighbor', 's1-isp', '--prepend', '2', '--reason', 'full')
    const { out } = await herald('history', '-n', '2')
    expect(out).toMatch(/publish 203\.0\.113\.0\/24 --at all --med 50 +launch/)
    expect(out).toMatch(/publish 203\.0\.113\.0\/24 --neighbor s1-isp --prepend 2 +full/)
  })

  test('withhold from one neighbor, say that words toward it are idle, and announce to it again', async () => {
    await herald('publish', prefix, '--at', 'all', '--reason', 'launch')
    await herald('publish', prefix, '--neighbor', 's1-isp', '--withhold', '--reason', 'fiber work')
    const idle = await herald('publish', prefix, '--neighbor', 's1-isp', '--prepend', '3', '--dry-run')
    expect(idle.out).toMatch(/warning .*prepend toward s1-isp has no effect: .*--announce/)
    const again = await herald('publish', prefix, '--neighbor', 's1-isp', '--reason', 'repaired', '--wait')
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('1 to change') })
    expect((await herald('show', 'route', prefix, '--speaker', 's1')).out).toMatch(/to s1-isp .*: next hop/)
    const unclear = await herald('publish', prefix, '--at', 'pop-s1', '--neighbor', 's1-isp', '--dry-run')
    expect(unclear).toMatchObject({ code: 2, err: expect.stringContaining('--withhold, --announce or --prepend 2') })
  })

  test('with --if-revision are refused where somebody else was first', async () => {
    const { code, err } = await herald('publish', prefix, '--at', 'all', '--reason', 'x', '--if-revision', '1')
    expect(code).toBe(1)
    expect(err).toMatch(/revision 1 is not the head any more/)
  })

  test('print JSON and names for programs', async () => {
    const json = await herald('publish', prefix, '--at', 'all', '--reason', 'launch', '-o', 'json')
    const change = JSON.parse(json.out) as { readonly status: string; readonly revision: number }
    expect(change.status).toBe('accepted')
    const name = await herald('publish', prefix, '--at', 'all', '--med', '5', '--reason', 'med', '-o', 'name')
    expect(name.out).toBe(`revision/${change.revision + 1}\n`)
  })
})

describe('on a terminal', () => {
  beforeEach(withdrawEverywhere)

  test('the plan is shown before the question, and no means no', async () => {
    const { code, out } = await onTerminal(['publish', prefix, '--at', 'all', '--reason', 'x'], 'n')
    expect(code).toBe(1)
    expect(out.indexOf('+ announce')).toBeLessThan(out.indexOf('Commit this?'))
    expect(out).toContain('Nothing was changed.')
    expect((await herald('get', 'prefix', prefix, '-o', 'json')).out).toContain('"at": []')
  })

  test('yes commits what was shown, and --wait redraws the proof in place', async () => {
    const { code, out } = await onTerminal(['publish', prefix, '--at', 'all', '--reason', 'x', '--wait'], 'y')
    expect(code).toBe(0)
    expect(out).toMatch(/revision \d+ accepted: 3 to announce/)
    expect(out.replaceAll(green, '')).toMatch(/revision \d+: done/)
  })

  test('--yes does not ask', async () => {
    const { code, out } = await onTerminal(['publish', prefix, '--at', 'all', '--reason', 'x', '--yes'], '')
    expect(code).toBe(0)
    expect(out).not.toContain('Commit this?')
  })

  test('NO_COLOR is heeded', async () => {
    const { out } = await onTerminal(['show', 'speaker'], '', { NO_COLOR: '1' })
    expect(out).not.toContain('\u001b[')
  })
})

const green = '\u001b[32m'
const terminalLender = 'script'

/** script(1) lends a terminal; `answer` is typed once the question is there. */
function onTerminal(
  words: readonly string[],
  answer: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Omit<Ended, 'err'>> {
  const line = [process.execPath, cli, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn(terminalLender, ['-qec', line, '/dev/null'], {
    env: { ...environment(more), TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const asked = out.includes('Commit this?')
    out += chunk
    if (!asked && out.includes('Commit this?')) child.stdin.write(`${answer}\n`)
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, out })))
}

describe('an unproved change', () => {
  test('exits 3 and says what is missing, and is proved once the speaker is back', async () => {
    await withdrawEverywhere()
    const [first] = daemons
    await first?.kill()
    try {
      const { code, err } = await herald('publish', prefix, '--at', 'all', '--reason', 'x', '--wait', '--timeout', '2s')
      expect(code).toBe(3)
      expect(err).toMatch(/is committed, but/)
    } finally {
      await first?.restart()
    }
    await eventually(async () => /: done/.test((await herald('history', await lastRevision())).out), 30_000)
  })
})

async function lastRevision(): Promise<string> {
  return (await herald('history', '-n', '1', '-o', 'name')).out.trim()
}

describe('overlays', () => {
  beforeEach(async () => {
    await herald('publish', prefix, '--at', 'all', '--only', '--reason', 'base', '--wait')
  })

  test('a drain begins, is found by what it is about, and ends', async () => {
    expect(await herald('drain', 'pop-s1', '--for', '2h', '--reason', 'upgrade', '--wait')).toMatchObject({ code: 0 })
    expect((await herald('get', 'drains')).out).toContain('at=pop-s1')
    expect((await herald('status')).out).toMatch(/^drains: drain-\S+ \(pop-s1\) until .* UTC by alice: upgrade$/m)
    expect((await herald('drains')).out).toMatch(/ {2}alice: upgrade {2}/)
    expect((await herald('undrain', 'pop-s2', '--reason', 'x')).code).toBe(2)
    expect(await herald('adopt', 's2', '--all', '--reason', 'x')).toMatchObject({
      code: 0,
      out: 'Nothing is to be adopted: every local path there is Herald’s.\n',
    })
    expect(await herald('undrain', 'pop-s1', '--reason', 'done', '--wait')).toMatchObject({ code: 0 })
    expect((await herald('get', 'drains')).out).toBe('None.\n')
  })

  test('an override changes attributes for a while, and is cleared by its prefix', async () => {
    const laid = await herald(
      'override',
      prefix,
      '--at',
      'pop-s1',
      '--med',
      '70',
      '--for',
      '1h',
      '--reason',
      'x',
      '--wait',
    )
    expect(laid.code).toBe(0)
    expect(await daemons[1]?.cli('global', 'rib')).toMatch(/Med: 70/)
    expect((await herald('clear', prefix, '--reason', 'done', '--wait')).code).toBe(0)
    expect(await daemons[1]?.cli('global', 'rib')).not.toMatch(/Med: 70/)
  })

  test('undo takes back the last revision', async () => {
    await herald('freeze', '--for', '1h', '--reason', 'odd')
    expect((await herald('status')).out).toMatch(/^frozen: /m)
    expect((await herald('undo', '--reason', 'not odd')).code).toBe(0)
    expect((await herald('status')).out).not.toMatch(/frozen/)
  })
})

describe('questions', () => {
  test('explain says in sentences why a prefix is where it is', async () => {
    await herald('publish', prefix, '--at', 'all', '--only', '--reason', 'base', '--wait')
    const { code, out } = await herald('explain', prefix, 'pop-s1')
    expect(code).toBe(0)
    expect(out).toMatch(/s1 at pop-s1: to be announced/)
    expect((await herald('explain', '203.0.113.53', 'pop-s1')).out).toBe(out)
    expect((await herald('show', 'route', '203.0.113.53')).out).toContain('*>  203.0.113.0/24')
  })

  test('that are wrong are answered in one sentence, and exit 2', async () => {
    expect(await herald('get', '--at', 'abc')).toMatchObject({
      code: 2,
      err: 'herald: query parameter at: write a revision number\n',
    })
    const [about, empty] = [await herald('history', prefix, '--author', 'alice'), await herald('history', 'moon')]
    expect(about).toMatchObject({ code: 0, out: expect.stringMatching(/^REVISION[^]* publish 203\.0\.113\.0\/24 /) })
    expect(empty).toMatchObject({ code: 0, out: 'Nothing is found.\n' })
    expect(await herald('history', '99999')).toMatchObject({ code: 2, err: expect.stringContaining('99999') })
    expect(await herald('explain', prefix, 'pop-x1')).toMatchObject({
      code: 2,
      err: 'herald: there is no Pop "pop-x1"; did you mean "pop-s1"?\n',
    })
    expect(await herald('show', 'route')).toMatchObject({ code: 2, err: expect.stringContaining('--speaker') })
    expect(await herald('drain', 'pop-s1,pop-s2', '--for', '1h', '--reason', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('one by one'),
    })
    expect(await herald('validate', '-f', 'nowhere.yaml')).toMatchObject({
      code: 2,
      err: 'herald: cannot read nowhere.yaml: there is no such file or folder\n',
    })
    expect(await herald('show', 'neighbors', 's9')).toMatchObject({ code: 2, err: expect.stringContaining('"s0"') })
    const long = await herald('drain', 'pop-s1', '--for', '999999h', '--reason', 'x')
    expect(long).toMatchObject({ code: 2, err: expect.stringContaining('write a time from 1 second to 366 days') })
  })

  test('watch prints events as they happen', async () => {
    const child = spawn(process.execPath, [cli, 'watch', '-o', 'json'], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
    try {
      let id = 0
      // The stream begins somewhere between two of these.
      await eventually(async () => {
        await herald('freeze', '--reason', `look ${++id}`)
        return /"type":"revision".*\n/.test(out)
      }, 20_000)
      const told = out.split('\n').find((line) => line.includes('"type":"revision"'))
      expect(JSON.parse(told ?? '')).toMatchObject({ type: 'revision', author: 'alice', command: 'freeze' })
    } finally {
      child.kill('SIGINT')
      await herald('unfreeze', '--reason', 'looked')
    }
  })

  test('completion knows verbs, options and names', async () => {
    expect((await herald('completion', 'bash')).out).toContain('complete -F _herald herald')
    const complete = async (...words: readonly string[]) =>
      (await herald('__complete', '--', ...words)).out.trim().split('\n')
    expect(await complete('publ')).toEqual(['publish'])
    expect(await complete('publish', prefix, '--at', 'pop-')).toEqual(['pop-s0', 'pop-s1', 'pop-s2'])
    expect(await complete('publish', '--pre')).toEqual(['--prepend'])
    expect(await complete('show', 'speaker', 's')).toEqual(['s0', 's1', 's2'])
    expect(await complete('get', 'pref')).toEqual(['prefix', 'preference'])
    expect(await complete('publish', prefix, '--at', 'pop-s0,pop-s1')).toEqual(['pop-s0,pop-s1'])
    expect(await complete('status', '-o', 'j')).toEqual(['json'])
    expect(await complete('practice', prefix, '--pop', 'pop-s1')).toEqual(['pop-s1'])
    expect(await complete('learner', 'mode', 'any', '')).toEqual(['off', 'shadow', 'canary', 'auto'])
  })

  test('completion leaves file names to the shell where they fit, and offers none elsewhere', async () => {
    const complete = async (...words: readonly string[]) => (await herald('__complete', '--', ...words)).out.trim()
    expect(await complete('apply', '-f', '')).toBe(':files')
    expect(await complete('lab', 'up', '')).toBe(':files')
    for (const words of [['learner', 'undo'], ['ack'], ['get', 'prefixes', '--at'], ['drain', 'pop-s0', '--reason']])
      expect(await complete(...words, '')).toBe('')
  })

  test('bash completes what it parts at colons, and goes on behind a comma', async () => {
    const script = (await herald('completion', 'bash')).out
    const completed = async (line: string, known: string) => {
      const bash = `herald() { printf '%s\\n' ${known}; }; complete() { :; }; ${script}\nCOMP_LINE='${line}' COMP_POINT=${line.length}; _herald; printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout } = await promisify(execFile)('bash', ['-c', bash])
      return stdout.trim().split('\n')
    }
    expect(await completed('herald explain 2001:db', '2001:db8:100::/48 2001:db8:200::/48')).toEqual([
      'db8:100::/48',
      'db8:200::/48',
    ])
    expect(await completed('herald publish x --at eu,s', 'eu,sin')).toEqual(['eu,sin'])
    expect(await completed('herald ack ', "'a/b c'")).toEqual(['a/b\\ c'])
  })
})

describe('an unreachable Herald', () => {
  test('exits 4 and says where it was looked for', async () => {
    const { code, err } = await run(['status'], environment({ HERALD_URL: 'http://127.0.0.1:1' }))
    expect(code).toBe(4)
    expect(err).toMatch(/cannot reach Herald at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\).*--url/)
    expect((await run(['status'], environment({ HERALD_URL: 'ftp://x' }))).code).toBe(2)
  })

  test('an unknown verb exits 2 and names the one that was meant', async () => {
    expect(await herald('publsh')).toMatchObject({ code: 2, err: expect.stringContaining('publish') })
  })
})
