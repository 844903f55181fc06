/** Secrets are read when they are needed, so that they can be changed, and are kept nowhere: not in Redis, not in a log. */
import { readFile } from 'node:fs/promises'
import type { SecretSource } from '../intent/monitoring.ts'

/** Fails with a sentence that names the source, never the secret. */
export async function readSecret(source: SecretSource, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const secret = 'env' in source ? environment[source.env] : await textOf(source.file)
  const where = 'env' in source ? `environment variable ${source.env}` : source.file
  if (secret === undefined || secret.trim() === '') throw new Error(`${where} is not set or empty`)
  return secret.trim()
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`cannot read ${file} (${code ?? 'unknown'})`, { cause: error })
  }
}
