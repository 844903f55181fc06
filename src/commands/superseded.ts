/** A change whose prefixes a later one changed before it was proved, or seen: who did that, and what holds now. */
import type { ProofView, RevisionView } from '../api/wire/revision.ts'
import type { ApiClient } from './client.ts'

/** The later revision, by the proof itself or by what witnesses were watching; undefined: there is none. */
export function supersededBy({ supersededBy: by, catchment, routers }: ProofView): number | undefined {
  if (by !== undefined) return by
  const later = [...(catchment?.prefixes ?? []), ...(routers?.prefixes ?? [])].flatMap((one) => one.supersededBy ?? [])
  return later.length === 0 ? undefined : Math.max(...later)
}

/** `revision 13 by alice changed the same prefixes (publish … --at fra: fiber work)`, and where its own proof is. */
export async function laterWords(api: ApiClient, by: number | undefined): Promise<readonly string[]> {
  if (by === undefined) return ['a later change touches the same prefixes; see: herald history']
  const { author, command, reason } = await api.request<RevisionView>({ path: `/v1/revisions/${by}` })
  return [
    `revision ${by} by ${author} changed the same prefixes: ${command} (${reason})`,
    `routes are as that one says; its proof: herald history ${by}`,
  ]
}
