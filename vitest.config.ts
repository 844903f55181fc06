/** Test projects: the core in parallel, daemons with little concurrency (CI has two cores). */
import { defineConfig } from 'vitest/config'

function project(name: string, options: object = {}) {
  return { test: { name, include: [`test/${name}/**/*.test.ts`], environment: 'node', ...options } }
}

/**
 * CI's machine is shared, and these tests wait for real daemons and count real packets: one that fails there is tried once
 * more, and told. Nowhere else, so that a cause is found where people can look for it.
 */
const retry = process.env['CI'] === undefined ? 0 : 1

export default defineConfig({
  test: {
    reporters: ['default', './test/support/reporter.ts'],
    projects: [
      project('unit'),
      project('property', { testTimeout: 120_000 }),
      project('scenario'),
      project('integration', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        pool: 'forks',
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
        retry,
      }),
      // One lab at a time: its traffic is the measurement.
      project('lab', { pool: 'forks', maxWorkers: 1, sequence: { groupOrder: 2 }, retry }),
    ],
  },
})
