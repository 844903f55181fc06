/** Command lines as containerlab reads them: split at blanks, with quotes and backslashes as in a shell, and no more. */

/** undefined: a quote stays open. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let i = 0; i < text.length; i += 1) {
    const letter = text.charAt(i)
    if (quote === undefined && /\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (letter === quote) quote = undefined
    else if (quote === undefined && (letter === '"' || letter === "'")) {
      quote = letter
      word ??= ''
    } else if (letter === '\\' && quote !== "'" && i + 1 < text.length) {
      const next = text.charAt((i += 1))
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next)
    } else word = (word ?? '') + letter
  }
  if (quote !== undefined) return undefined
  if (word !== undefined) words.push(word)
  return words
}
