/**
 * The Network's AS number is part of every mark that Herald's paths, policies and drains are known by. Changed under
 * standing announcements, every daemon would refuse the new AS while its paths kept the old marks, and no path would be
 * recognised as ours any more. So it changes only while nothing is announced.
 */
import type { Intent } from '../intent/model.ts'
import type { Refusal } from './review.ts'

export function refuseAsnChange(before: Intent, after: Intent, announcements: number): readonly Refusal[] {
  const [was, will] = [before.network?.asn, after.network?.asn]
  if (was === undefined || will === undefined || was === will || announcements === 0) return []
  return [
    {
      guard: 'G13',
      code: 'asn-change',
      forceable: false,
      message:
        `The Network's AS changes from ${was} to ${will} while ${announcements} paths are announced, whose marks carry` +
        ` ${was}: withdraw every prefix first, restart the daemons with AS ${will}, then change it and publish again.`,
    },
  ]
}
