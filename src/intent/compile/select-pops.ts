/** POPs that selectors name, minus those that `except` names; an unknown name selects nothing. */
import type { Intent, PopId, Selector } from '../model.ts'

export function selectPops(
  intent: Intent,
  at: readonly Selector[],
  except: readonly Selector[] = [],
): ReadonlySet<PopId> {
  const pops = new Set<PopId>()
  for (const { id, region } of intent.pops.values()) {
    const names: ReadonlySet<string> = new Set(['all', intent.regions.get(region)?.area ?? '', region, id])
    if (at.some((selector) => names.has(selector)) && !except.some((selector) => names.has(selector))) pops.add(id)
  }
  return pops
}
