/** Throw-away certificates, made by openssl when a test needs them: a CA, a server, a client, and a CA of somebody else. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificates {
  readonly ca: string
  readonly otherCa: string
  readonly server: { readonly certificate: string; readonly key: string }
  readonly client: { readonly certificate: string; readonly key: string }
  remove(): Promise<void>
}

const run = promisify(execFile)

export async function makeCertificates(serverName: string): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-tls-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: readonly string[]) => run('openssl', [...args])
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = async (name: string) => {
    const subject = ['-subj', `/CN=${name}`, '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE']
    await openssl('req', '-x509', ...curve, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), ...subject)
    return file(`${name}.pem`)
  }
  const signed = async (name: string, extension: string) => {
    const key = file(`${name}.key`)
    const certificate = file(`${name}.pem`)
    await writeFile(file(`${name}.ext`), extension)
    await openssl('req', ...curve, '-keyout', key, '-out', file(`${name}.csr`), '-subj', `/CN=${name}`)
    const by = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2']
    const files = ['-in', file(`${name}.csr`), '-out', certificate, '-extfile', file(`${name}.ext`)]
    await openssl('x509', '-req', ...files, ...by)
    return { certificate, key }
  }
  const ca = await authority('ca')
  return {
    ca,
    otherCa: await authority('other-ca'),
    server: await signed('server', `subjectAltName=DNS:${serverName}\nextendedKeyUsage=serverAuth\n`),
    client: await signed('client', 'extendedKeyUsage=clientAuth\n'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
