/** Sends one notice: a deadline for each attempt, and what an answer means for the next. */
import { type Dispatcher, request } from 'undici'
import { type Receiver } from '../intent/monitoring.ts'
import { type Notice, defaultUrls, requestOf } from './request.ts'
import { readSecret } from './secret.ts'

export type Outcome =
  | { readonly kind: 'taken' }
  /** It may be taken later. */
  | { readonly kind: 'failed'; readonly problem: string }
  /** It would be refused again as well. */
  | { readonly kind: 'refused'; readonly problem: string }

export interface SendSettings {
  readonly dispatcher: Dispatcher
  readonly attemptMs: number
  readonly signal: AbortSignal
}

/** Never throws; a problem is one sentence without secrets. */
export async function sendNotice(
  receiver: Receiver,
  notice: Pick<Notice, 'alarms' | 'id' | 'nowMs'>,
  { dispatcher, attemptMs, signal }: SendSettings,
): Promise<Outcome> {
  const read = await secretsOf(receiver)
  if (!read.ok) return { kind: 'failed', problem: read.problem }
  const { url, headers, body } = requestOf(receiver.kind, { ...notice, url: read.url, secret: read.secret })
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)])
  try {
    const answer = await request(url, { method: 'POST', headers, body, dispatcher, signal: deadline })
    const text = await answer.body.text()
    const { statusCode } = answer
    if (statusCode < 300) return { kind: 'taken' }
    const problem = `answered ${statusCode}${said(text, [read.secret, read.url])}`
    return { kind: isPassing(statusCode) ? 'failed' : 'refused', problem }
  } catch (error) {
    return { kind: 'failed', problem: whyNot(error, attemptMs) }
  }
}

type Secrets =
  | { readonly ok: true; readonly url: string; readonly secret: string | undefined }
  | { readonly ok: false; readonly problem: string }

async function secretsOf({ kind, url, urlFrom, secret }: Receiver): Promise<Secrets> {
  try {
    const where = url ?? (urlFrom === undefined ? defaultUrls[kind] : await readSecret(urlFrom))
    if (where === undefined || !URL.canParse(where)) return { ok: false, problem: 'its URL is none' }
    return { ok: true, url: where, secret: secret === undefined ? undefined : await readSecret(secret) }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Overload and faults pass; an answer of another kind would be the same again. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/** What it answered, in one short line, without what it may have echoed. */
function said(text: string, secrets: readonly (string | undefined)[]): string {
  let line = text.replaceAll(/\s+/g, ' ').trim()
  for (const secret of secrets) if (secret !== undefined) line = line.replaceAll(secret, '…')
  return line === '' ? '' : `: ${line.slice(0, 200)}`
}

function whyNot(error: unknown, attemptMs: number): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'TimeoutError') return `did not answer within ${attemptMs / 1000} s`
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? `failed (${error.name})` : `cannot be reached (${code})`
}
