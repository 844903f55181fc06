/** Doubts about a change that the documents after it do not show. */
import type { Finding } from '../document.ts'
import type { Intent } from '../model.ts'
import { inOrder } from '../select.ts'
import { Report } from './report.ts'

/** A daemon whose address nobody knows any more goes on announcing, and no watcher looks at it. */
export function checkMoves(before: Intent, after: Intent): readonly Finding[] {
  return inOrder(after.speakers).flatMap(({ id, endpoint }) => {
    const was = before.speakers.get(id)?.endpoint
    if (was === undefined || was === endpoint) return []
    const report = new Report('Speaker', id)
    report.warning(
      'endpoint-moved',
      '/spec/endpoint',
      `was ${was}: if that is another daemon, what Herald announced there stays, and nobody looks after it. Then undo this, give the ` +
        'new daemon a Speaker of its own, and delete this one once the new one is proved: Herald withdraws what it announced there',
    )
    return report.findings
  })
}
