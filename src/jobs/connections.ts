/**
 * Connections to speakers, one per speaker and process, made when first asked for and remade when the configured
 * endpoint or TLS changes. The Speaker behind it reconnects by itself; nothing here retries.
 */
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Speaker } from '../speaker/speaker.ts'

export type SpeakerAddress = Pick<DesiredSpeaker, 'speaker' | 'endpoint' | 'tls'>
export type Connect = (settings: Omit<SpeakerAddress, 'speaker'>) => Speaker

export class Connections {
  readonly #open = new Map<SpeakerId, { readonly key: string; readonly speaker: Speaker }>()
  readonly #connect: Connect

  constructor(connect: Connect) {
    this.#connect = connect
  }

  at({ speaker: id, endpoint, tls }: SpeakerAddress): Speaker {
    const key = JSON.stringify([endpoint, tls])
    const known = this.#open.get(id)
    if (known?.key === key) return known.speaker
    known?.speaker.close()
    const speaker = this.#connect(tls === undefined ? { endpoint } : { endpoint, tls })
    this.#open.set(id, { key, speaker })
    return speaker
  }

  close(): void {
    for (const { speaker } of this.#open.values()) speaker.close()
    this.#open.clear()
  }
}
