/**
 * Completes package-lock.json with the optional packages of other platforms that npm left out because the registry at
 * hand did not have them; `npm ci` refuses a lockfile without them. Run it after a dependency was added.
 *
 *   node deploy/complete-lockfile.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

const lock = JSON.parse(readFileSync(file, 'utf8'))
const { packages } = lock
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (packages[`node_modules/${name}`] || packages[`${path}/node_modules/${name}`]) continue
    const words = name.split('-')
    const os = systems.filter((system) => words.some((word) => word.endsWith(system)))
    const cpu = processors.filter((processor) => words.includes(processor))
    if (os.length !== 1 || cpu.length !== 1 || !/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`${name} ${version} is not a package of one platform: run npm install where the registry has it`)
    packages[`node_modules/${name}`] = { version, cpu, ...(dev && { dev }), optional: true, os }
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
