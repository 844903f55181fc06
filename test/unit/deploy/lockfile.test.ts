import { expect, test } from 'vitest'
import lock from '../../../package-lock.json' with { type: 'json' }

interface Locked {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

test('the lockfile names the optional packages of every platform, so that npm ci works on all of them', () => {
  const packages: Readonly<Record<string, Locked>> = lock.packages
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
    ),
  )
  expect(missing, 'run: node deploy/complete-lockfile.mjs').toEqual([])
})
