/** The demo's changes: each is a command line of an operator, and is proved by Herald and by the upstream routers. */
import type { Lab, LabPop } from '../lab.ts'
import type { DemoController } from './controller.ts'
import { type Verdict, printProof } from './proof-table.ts'
import { type Screen, verdict, wrapped } from './screen.ts'
import { arrival, departure, has } from './sighting.ts'

export interface Stage {
  readonly screen: Screen
  readonly lab: Lab
  readonly herald: DemoController
  /** Our AS. */
  readonly asn: number
}

export interface Move {
  readonly prefix: string
  /** The words after `herald`. */
  readonly words: readonly string[]
  /** POPs that come to announce it, and POPs that cease to. */
  readonly arrives: readonly string[]
  readonly leaves: readonly string[]
}

/** Watches the routers, runs the command, and prints the proof. */
export async function change({ screen, lab, herald, asn }: Stage, move: Move): Promise<Verdict> {
  const { prefix, words } = move
  screen.line(`     ${screen.command(commandLine(words))}`)
  const of = (pops: readonly string[]) => pops.flatMap((pop) => lab.pop(pop).upstreams)
  const watching = Promise.all([
    Promise.all(of(move.arrives).map((upstream) => arrival(upstream, prefix, asn))),
    Promise.all(of(move.leaves).map((upstream) => departure(upstream, prefix))),
  ])
  const { revision } = await herald.change(words)
  const [proof, [arrivals, departures]] = await Promise.all([herald.proof(revision), watching])
  return printProof(screen, lab, { proof, arrivals, departures })
}

/** A command that must be refused, with every router left as it is. */
export async function refusal(
  { screen, lab, herald, asn }: Stage,
  { prefix, words }: Pick<Move, 'prefix' | 'words'>,
): Promise<boolean> {
  screen.line(`     ${screen.command(commandLine(words))}`)
  const refusals = await herald.refused(words)
  for (const line of refusals.flatMap((sentence) => wrapped(sentence.trim(), 95))) screen.line(`     ${line}`)
  const standing = await Promise.all(lab.upstreams.map((upstream) => has(upstream, prefix, asn)))
  const kept = standing.filter(Boolean).length
  const proved = kept === standing.length
  screen.line(`     ${verdict(screen, proved)}: ${kept} of ${standing.length} upstream routers still have it`)
  return proved
}

export function popIds(pops: readonly LabPop[]): readonly string[] {
  return pops.map(({ id }) => id)
}

function commandLine(words: readonly string[]): string {
  return `herald ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`
}
