/**
 * Connections to speakers, one per endpoint and process, made when first asked for and remade when the speaker's
 * configured endpoint or TLS changes. The Speaker behind it reconnects by itself; nothing here retries.
 */
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Speaker } from '../speaker/speaker.ts'

export type Connect = (settings: Pick<DesiredSpeaker, 'endpoint' | 'tls'>) => Speaker

export class Connections {
  readonly #open = new Map<SpeakerId, { readonly key: string; readonly speaker: Speaker }>()
  readonly #connect: Connect

  constructor(connect: Connect) {
    this.#connect = connect
  }

  to(configured: DesiredSpeaker): Speaker {
    const { endpoint, tls } = configured
    const key = JSON.stringify([endpoint, tls])
    const known = this.#open.get(configured.speaker)
    if (known?.key === key) return known.speaker
    known?.speaker.close()
    const speaker = this.#connect(tls === undefined ? { endpoint } : { endpoint, tls })
    this.#open.set(configured.speaker, { key, speaker })
    return speaker
  }

  close(): void {
    for (const { speaker } of this.#open.values()) speaker.close()
    this.#open.clear()
  }
}
