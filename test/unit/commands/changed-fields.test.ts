import { expect, test } from 'vitest'
import { changedFields } from '../../../src/commands/changed-fields.ts'

test.each([
  [{ mode: 'shadow', pop: 'fra' }, { mode: 'auto', pop: 'fra' }, 'mode shadow → auto'],
  [{ at: ['fra'] }, { at: ['fra', 'ams'], med: 50 }, 'at fra → fra ams, med none → 50'],
  [{ at: ['fra'] }, { at: [] }, 'at fra → none'],
  [{ pops: { fra: { prepend: 1 } } }, { pops: { fra: { prepend: 2 } } }, 'pops'],
  [{ paths: [{ name: 'bb1' }] }, { paths: [] }, 'paths'],
  [{ a: 1, b: 1, c: 1, d: 1, e: 1 }, { a: 2, b: 2, c: 2, d: 2, e: 2 }, 'a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2, 1 more'],
  [{ note: 'x' }, { note: 'y'.repeat(80) }, 'note'],
  [undefined, { at: ['fra'] }, ''],
])('from %o to %o: %s', (before, after, told) => {
  expect(changedFields(before, after)).toBe(told)
})
