/** The requests that carry paths, around paths that are encoded already (path-message.ts). */
import type { Family } from '../../bgp/family.ts'
import type { Codec } from './codec.ts'
import { familyMessage } from './path-message.ts'
import { lengthDelimited, varintField } from './wire.ts'

const field = { tableType: 1, path: 3, deleteFamily: 3, deletePath: 4 } as const

export function addPathRequest(codec: Codec, path: Buffer): Buffer {
  return Buffer.concat([globalTable(codec), lengthDelimited(field.path, path)])
}

/** One message of an AddPathStream; each path is an announcement or a withdrawal. */
export function addPathStreamRequest(codec: Codec, paths: readonly Buffer[]): Buffer {
  return Buffer.concat([globalTable(codec), ...paths.map((path) => lengthDelimited(field.path, path))])
}

/** Without its path a DeletePath empties a whole family, and without a family the daemon: neither can be made here. */
export function deletePathRequest(codec: Codec, family: Family, path: Buffer): Buffer {
  if (path.length === 0) throw new Error('assertion: a delete must name its path')
  const families = lengthDelimited(field.deleteFamily, familyMessage[family])
  return Buffer.concat([globalTable(codec), families, lengthDelimited(field.deletePath, path)])
}

function globalTable({ tableType }: Codec): Buffer {
  return varintField(field.tableType, tableType.global)
}
