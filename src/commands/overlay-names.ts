/** Finds overlays (drains, overrides) by their own name or by what they are about. */
import type { DocumentListView, DocumentView } from '../api/wire/document.ts'
import { clockText } from './clock-text.ts'
import type { ApiClient } from './client.ts'
import { CommandError, exitCode } from './exit-code.ts'

/** The one overlay that is meant; fails where none or several are, naming them. */
export async function findOverlay(
  api: ApiClient,
  kind: 'Drain' | 'Override',
  said: string,
  about: (spec: Readonly<Record<string, unknown>>) => readonly unknown[],
): Promise<DocumentView> {
  const { documents } = await api.request<DocumentListView>({ path: '/v1/documents', query: { kind } })
  const named = documents.find(({ name }) => name === said)
  if (named !== undefined) return named
  const all = documents.filter(({ spec }) => about(spec as Readonly<Record<string, unknown>>).includes(said))
  // One that expired is a document still, and ends nothing: whoever asks means what lasts, where something does.
  const lasting = all.filter(({ spec }) => !hasExpired(spec))
  const found = lasting.length > 0 ? lasting : all
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const word = kind.toLowerCase()
  if (only !== undefined)
    throw new CommandError(
      exitCode.usage,
      `${found.length} ${word}s are about ${said}; name one`,
      found.map(({ name, spec }) => `${name}, ${endOf(spec)}`),
    )
  const names = documents.map(({ name }) => name).join(', ')
  throw new CommandError(
    exitCode.usage,
    `no ${word} is about "${said}"; there ${names === '' ? 'is none' : `are: ${names}`}`,
  )
}

/** What tells two of them apart. */
function endOf(spec: unknown): string {
  const { expiresAtMs } = spec as { readonly expiresAtMs?: number }
  return expiresAtMs === undefined ? 'until it is lifted' : `until ${clockText(new Date(expiresAtMs).toISOString())}`
}

function hasExpired(spec: unknown): boolean {
  const { expiresAtMs = Infinity } = spec as { readonly expiresAtMs?: number }
  return expiresAtMs <= Date.now()
}
