/** The shortest difference of two short texts, line by line (longest common subsequence). */

export interface DiffLine {
  readonly sign: '+' | '-' | ' '
  readonly line: string
}

export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  // lengths[i][j]: longest common subsequence of before from i and after from j
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = lengths[i]
      if (row !== undefined)
        row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      lines.push({ sign: ' ', line: old })
      i++
      j++
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', line: old })
      i++
    } else if (fresh !== undefined) {
      lines.push({ sign: '+', line: fresh })
      j++
    }
  }
  return lines
}
