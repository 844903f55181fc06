/**
 * RIPE Atlas traces: `<probe>.csv` or `.csv.gz`, `epoch;rtt;cp`, the epoch as `dd/mm/yyyy HH:MM` or `yyyy-mm-dd HH:MM:SS`
 * (UTC). One row is one step; a missing or non-positive RTT is a lost probe.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface Trace {
  readonly name: string
  /** Milliseconds since the epoch, rising. */
  readonly atMs: Float64Array
  /** Of a lost row: of the row before. */
  readonly rttMs: Float64Array
  readonly lost: Uint8Array
}

/** Every trace of a folder, or of `traces/` in it, by name. */
export function readTraces(folder: string): readonly Trace[] {
  const inside = readdirSync(folder)
  const from = inside.includes('traces') ? join(folder, 'traces') : folder
  return readdirSync(from)
    .filter((file) => /\.csv(\.gz)?$/.test(file))
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(from, file))
      return parseTrace(
        file.replace(/\.csv(\.gz)?$/, ''),
        (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'),
      )
    })
    .filter(({ rttMs }) => rttMs.length > 0)
}

export function parseTrace(name: string, text: string): Trace {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  const header = (lines[0] ?? '').split(';')
  const column = (title: string, otherwise: number) =>
    Math.max(0, header.includes(title) ? header.indexOf(title) : otherwise)
  const [timeColumn, rttColumn] = [column('epoch', 0), column('rtt', 1)]
  const rows = /[a-z]/i.test(header[rttColumn] ?? '') ? lines.slice(1) : lines
  const atMs = new Float64Array(rows.length)
  const rttMs = new Float64Array(rows.length)
  const lost = new Uint8Array(rows.length)
  rows.forEach((row, i) => {
    const fields = row.split(';')
    const value = Number(fields[rttColumn]?.replace(',', '.') || NaN)
    const before = atMs[i - 1]
    const at = parseTime(fields[timeColumn] ?? '')
    atMs[i] = before === undefined ? at : at > before ? at : before + 1000
    lost[i] = value > 0 ? 0 : 1
    rttMs[i] = value > 0 ? value : (rttMs[i - 1] ?? NaN)
  })
  const first = rttMs.find((value) => value > 0)
  if (first === undefined) return { name, atMs: atMs.slice(0, 0), rttMs: rttMs.slice(0, 0), lost: lost.slice(0, 0) }
  for (let i = 0; !((rttMs[i] as number) > 0); i++) rttMs[i] = first
  return { name, atMs, rttMs, lost }
}

function parseTime(text: string): number {
  const [, day, month, year, hour, minute] = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d)/.exec(text)?.map(Number) ?? []
  if (year !== undefined) return Date.UTC(year, (month as number) - 1, day, hour, minute)
  const seconds = Number(text)
  return text !== '' && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(`${text.replace(' ', 'T')}Z`)
}
