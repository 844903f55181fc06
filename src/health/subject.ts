/**
 * What health is about: a service at a POP, a line to a neighbor, or a path. A subject's text is its identity: it names
 * it in verdicts, alarms, API and CLI.
 */
import type { NeighborId, PopId } from '../intent/model.ts'

export type Subject =
  | { readonly kind: 'service'; readonly pop: PopId; readonly service: string }
  | { readonly kind: 'neighbor'; readonly pop: PopId; readonly neighbor: NeighborId }
  | { readonly kind: 'path'; readonly pop: PopId; readonly path: string }

/** `service/fra/dns`, `neighbor/fra/fra-transit-ipv4`, `path/fra/origin-via-bb1`. */
export type SubjectKey = string & { readonly __brand: 'SubjectKey' }

export function subjectKey(subject: Subject): SubjectKey {
  switch (subject.kind) {
    case 'service':
      return `service/${subject.pop}/${subject.service}` as SubjectKey
    case 'neighbor':
      return `neighbor/${subject.pop}/${subject.neighbor}` as SubjectKey
    case 'path':
      return `path/${subject.pop}/${subject.path}` as SubjectKey
  }
}
