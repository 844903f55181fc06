/** Prints `N passed, N failed` as the last line of a run, over all projects; what was skipped is named above it. */
import type { Reporter, TestModule } from 'vitest/node'

export default class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      // A file that does not load, or whose hooks fail, has no failed test to show for it.
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else if (state === 'failed') failed += 1
        else process.stdout.write(`${state}: ${module.relativeModuleId} > ${test.fullName}\n`)
      }
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  }
}
