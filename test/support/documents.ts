/** The good set of manifests under test/data as documents: five POPs, ten neighbors, a prefix of each family. */
import { readFileSync, readdirSync } from 'node:fs'
import { documentKey } from '../../src/intent/document.ts'
import type { Documents } from '../../src/intent/lineage.ts'
import { type ManifestFile, type Manifests, readManifests } from '../../src/intent/manifest.ts'

export const manifestData = new URL('../data/manifests/', import.meta.url)

/** The manifests of a folder, in name order. */
export function manifestsIn(folder: URL): readonly ManifestFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return names.toSorted().map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }))
}

export function goodManifests(): Manifests {
  return readManifests(manifestsIn(new URL('good/', manifestData)))
}

export function goodDocuments(): Documents {
  return new Map(goodManifests().documents.map((document) => [documentKey(document), document.spec]))
}
