/** Tables for people: left-aligned columns, two spaces between, nothing behind the last. */

export function renderTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows]
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => visible(line[column] ?? ''))))
  return lines
    .map((line) =>
      headers
        .map((_, column) => pad(line[column] ?? '', column === headers.length - 1 ? 0 : (widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visible(text)))
}

/** Length without colour codes. */
function visible(text: string): number {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[\d+m/g, '').length
}
