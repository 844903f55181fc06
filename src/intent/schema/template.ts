/** Text with placeholders, `https://{pop}.example.net/health`: which there are, and putting values in. */
import { listed } from '../nearest.ts'

const placeholders = ['pop', 'region', 'neighbor'] as const
export type Placeholder = (typeof placeholders)[number]

const pattern = /\{([^{}]*)\}/g

/** One sentence why the text is no template, or undefined. */
export function templateProblem(text: string): string | undefined {
  if (text === '' || text.length > 2000) return 'write 1 to 2000 characters'
  for (const [whole, name] of text.matchAll(pattern))
    if (!(placeholders as readonly (string | undefined)[]).includes(name))
      return `${whole.slice(0, 80)} stands for nothing here; known: ${listed(placeholders.map((one) => `{${one}}`))}`
  return /[{}\s]/.test(text.replaceAll(pattern, ''))
    ? 'braces and spaces have no place here, except as in {pop}'
    : undefined
}

/** The same for a URL. */
export function urlTemplateProblem(text: string): string | undefined {
  const problem = templateProblem(text)
  return problem ?? urlProblem(text.replaceAll(pattern, 'x'))
}

/** One sentence why the text is no URL that may stand in a document, or undefined. */
export function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return `${JSON.stringify(text.slice(0, 80))} is not a URL: write http://… or https://…`
  if (url.username !== '' || url.password !== '') return 'a URL in a document holds no user and no password'
  return undefined
}

/** The text with values in place of placeholders; one without a value stays as it is. */
export function fill(text: string, values: Readonly<Partial<Record<Placeholder, string>>>): string {
  return text.replaceAll(pattern, (whole, name: string) => values[name as Placeholder] ?? whole)
}
