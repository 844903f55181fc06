/**
 * Why things are held or refused, for people: one sentence for each held reason with what releases it, and for each
 * guard its rule with the incident that taught it. CLI, API and documents quote these and write none of their own.
 */
import type { HeldReason } from './action.ts'

export interface HeldExplanation {
  readonly sentence: string
  /** What releases it. */
  readonly release: string
}

export const heldReasons: Readonly<Record<HeldReason, HeldExplanation>> = {
  'waiting-for-make': {
    sentence: 'An old site goes on announcing until the new ones are proved: make before break.',
    release: 'By itself, once every reachable new site is in its RIB and enough POPs stand; then the old one drains.',
  },
  draining: {
    sentence: 'The site is marked GRACEFUL_SHUTDOWN (RFC 8326) so that neighbors move their traffic before it goes.',
    release: "By itself, when the network's drain time is over.",
  },
  reopening: {
    sentence: 'A drain had shut the sessions of this speaker down; they are opened once its routes are in the RIB.',
    release: 'By itself, when the sessions are established again, or a minute after they were opened.',
  },
  floor: {
    sentence:
      'Drains, overrides or automation would leave the prefix at fewer POPs than its floor, so the best of them stay.',
    release: 'End or force the overlay, or publish the prefix elsewhere first.',
  },
  'mass-withdrawal': {
    sentence: 'More would be withdrawn at once than reviewed changes account for, which looks like a loss of intent.',
    release: 'A revision that says so, or the return of the missing documents.',
  },
  frozen: {
    sentence: 'A freeze is in force: nothing is repaired and nothing expires by itself; changes by people still pass.',
    release: 'herald unfreeze, or the end of the freeze.',
  },
  'foreign-path': {
    sentence: 'The RIB holds a path of this prefix that no Herald decided, and Herald touches only what is its own.',
    release: 'herald adopt takes it over with the same attributes; or delete it at the speaker.',
  },
  'foreign-paths': {
    sentence:
      "Another program announces other prefixes at this speaker. Herald's export policy would silence them, so it is not installed, and nothing is pushed without it.",
    release:
      'herald adopt takes over what lies in a pool, unchanged; what lies in none needs a Pool first, or is deleted at the speaker.',
  },
  'speaker-unknown': {
    sentence: 'The speaker cannot be reached. The decision is written; it is pushed and proved when it answers again.',
    release: 'By itself, when the speaker answers.',
  },
  'speaker-refused': {
    sentence: 'The daemon refused the path; asking for the same again would change nothing.',
    release: 'Other attributes, or a daemon that takes them.',
  },
  'adj-out': {
    sentence: 'The RIB is as decided, but a neighbor is not sent that, by what the daemon says of its adj-out.',
    release: 'By itself, when the adj-out agrees; or withhold the prefix from that neighbor, if that is what is meant.',
  },
  'not-offered': {
    sentence:
      'The preferred neighbor does not offer the destination, so BGP chooses by itself; no route is ever invented.',
    release: 'By itself, when the neighbor offers it; or prefer another path.',
  },
  outranked: {
    sentence:
      'A neighbor outside the group offers the destination with a higher LOCAL_PREF, and steering stays inside a relationship.',
    release: 'By itself, when that route goes; or a LOCAL_PREF there that is not above those of the paths.',
  },
  band: {
    sentence: 'The LOCAL_PREF is outside the band of local services, so learned routes could win over the service.',
    release: 'A LOCAL_PREF from 1000 to 1999.',
  },
  export: {
    sentence: 'The prefix is not ours to announce: it is in no pool, or it is a default route.',
    release: 'A Pool that contains it, if it is owned.',
  },
  stray: {
    sentence: 'The path was decided by another Herald store and no intent names it; it is reported and left alone.',
    release: 'Publish the prefix at that site, which takes it over; then withdraw it.',
  },
}

export interface GuardExplanation {
  readonly rule: string
  readonly incident: string
}

export const guardReasons = {
  G1: {
    rule: 'No prefix goes below half of its intended POPs, two POPs, or its own floor without a forced, audited word.',
    incident: 'Facebook, 2021-10-04: health checks withdrew every DNS prefix at once, and nobody could get back in.',
  },
  G4: {
    rule: 'Nothing is not "delete all": removal needs words, and an empty or much smaller intent is refused or held.',
    incident:
      'Cloudflare BYOIP, 2026-02-20: an empty query parameter was taken for "all", and prefixes were withdrawn.',
  },
  G5: {
    rule: 'A staged change goes to one POP first, on only where probes stay well, and back by itself where they do not.',
    incident: 'Cloudflare, 2022-06-21, and Fastly, 2021-06-08: one change, everywhere at once, took everything down.',
  },
  G7: {
    rule: 'Default reject; only owned, exact prefixes leave; private AS numbers stay inside.',
    incident: 'Verizon and DQE, 2019-06-24: more-specific routes of an optimizer leaked to the Internet.',
  },
  G8: {
    rule: 'LOCAL_PREF stays inside the band of its relationship; local services always win.',
    incident: 'Cloudflare, 2020-07-17: one LOCAL_PREF drew the traffic of a whole backbone to one site.',
  },
  G11: {
    rule: 'One command stops all automation: no repair, no expiry; people can still act.',
    incident: 'No single one: whoever repairs by hand has to be able to stop the machine first.',
  },
  G13: {
    rule: 'References are checked when they are written, even where they are inert for now.',
    incident: 'Cloudflare, 2025-07-14: an inert reference, weeks old, took 1.1.1.1 offline when a site was added.',
  },
} as const satisfies Record<string, GuardExplanation>
