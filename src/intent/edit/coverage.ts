/**
 * Coverage: the POPs that `at` minus `except` selects, widened or narrowed by what a person names, in words that a
 * person would have written. What is named is kept as it was named (`eu` stays `eu`), so that a POP built there
 * tomorrow is treated as today's are.
 */
import type { PopId, Selector } from '../model.ts'
import type { Places } from '../places.ts'

export interface Coverage {
  readonly at: readonly Selector[]
  readonly except: readonly Selector[]
}

/**
 * The coverage and everything that `wanted` names.
 *
 *   1. exceptions that reach into what is wanted shrink to their parts that do not;
 *   2. what is wanted and not yet within `at` joins it, in place of what lies within it;
 *   3. exceptions that except nothing any more go.
 */
export function widen(places: Places, { at, except }: Coverage, wanted: readonly Selector[]): Coverage {
  const shrunk = except.flatMap((exception) => without(places, exception, wanted))
  const added = outermost(places, wanted).filter((selector) => !at.some((outer) => places.within(selector, outer)))
  const kept = at.filter((selector) => !added.some((outer) => places.within(selector, outer)))
  return tidy(places, { at: [...kept, ...added], except: shrunk })
}

/**
 * The coverage without anything that `unwanted` names.
 *
 *   1. selectors within what is unwanted go; those of which no POP is left go as well;
 *   2. what is unwanted within the rest becomes an exception, in place of exceptions within it.
 */
export function narrow(places: Places, { at, except }: Coverage, unwanted: readonly Selector[]): Coverage {
  const gone = popsOf(places, unwanted)
  const excepted = popsOf(places, except)
  const kept = at.filter((selector) => {
    if (unwanted.some((outer) => places.within(selector, outer))) return false
    const covered = [...places.pops(selector)].filter((pop) => !excepted.has(pop))
    return covered.length === 0 || covered.some((pop) => !gone.has(pop))
  })
  const cut = outermost(places, unwanted).filter(
    (selector) =>
      kept.some((outer) => places.within(selector, outer)) && !except.some((outer) => places.within(selector, outer)),
  )
  const others = except.filter((selector) => !cut.some((outer) => places.within(selector, outer)))
  return tidy(places, { at: kept, except: [...others, ...cut] })
}

export function coveredPops(places: Places, { at, except }: Coverage): ReadonlySet<PopId> {
  return popsOf(places, at).difference(popsOf(places, except))
}

function popsOf(places: Places, selectors: readonly Selector[]): Set<PopId> {
  return new Set(selectors.flatMap((selector) => [...places.pops(selector)]))
}

/** The parts of a selector that lie outside of all of `cut`, as few and as large as they can be. */
function without(places: Places, selector: Selector, cut: readonly Selector[]): readonly Selector[] {
  if (cut.some((outer) => places.within(selector, outer))) return []
  if (!cut.some((inner) => places.within(inner, selector))) return [selector]
  return places.below(selector).flatMap((part) => without(places, part, cut))
}

/** Without doubles and without those that lie within others. */
function outermost(places: Places, selectors: readonly Selector[]): readonly Selector[] {
  const unique = [...new Set(selectors)]
  return unique.filter((selector) => !unique.some((outer) => outer !== selector && places.within(selector, outer)))
}

function tidy(places: Places, { at, except }: Coverage): Coverage {
  const meaningful = except.filter((exception) =>
    at.some((selector) => places.within(exception, selector) || places.within(selector, exception)),
  )
  return { at, except: at.length === 0 ? [] : meaningful }
}
