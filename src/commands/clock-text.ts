/** Instants as people read them. */

/** `2026-11-21 03:14:15 UTC` */
export function clockText(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')
}
