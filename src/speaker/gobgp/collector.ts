/** A gobgpd of others behind the port `CollectorRouter`: it is asked, by the calls that `ReadDaemon` has, and never written to. */
import type { Prefix } from '../../bgp/prefix.ts'
import type { CallOptions, CollectorRouter } from '../speaker.ts'
import type { GobgpSettings } from './channel.ts'
import { GobgpReader } from './reader.ts'
import { listWithin } from './rib.ts'

export function connectCollector(settings: GobgpSettings): CollectorRouter {
  return new GobgpCollector(settings)
}

class GobgpCollector extends GobgpReader implements CollectorRouter {
  async within(space: readonly Prefix[], options: CallOptions) {
    if (space.length === 0) return []
    return this.read(options, (daemon, limit) => listWithin(daemon, this.decoder, space, limit))
  }
}
