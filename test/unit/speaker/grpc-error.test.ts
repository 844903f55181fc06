import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { operationError } from '../../../src/speaker/gobgp/grpc-error.ts'

const doing = 'gobgpd at 192.0.2.1:50051, GetBgp'

function failed(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} })
}

test.each([
  [
    status.UNAVAILABLE,
    'No connection established. Last error: Error: connect ECONNREFUSED 192.0.2.1:50051. Resolution note: ',
    'speaker-unreachable',
    `${doing}: connect ECONNREFUSED 192.0.2.1:50051`,
  ],
  [status.UNAVAILABLE, 'Connection dropped', 'speaker-unreachable', `${doing}: Connection dropped`],
  [
    status.UNAVAILABLE,
    'Failed to connect (2026-11-27T10:13:13.070Z)',
    'speaker-unreachable',
    `${doing}: Failed to connect; where it wants TLS, write tls`,
  ],
  [
    status.DEADLINE_EXCEEDED,
    'Deadline exceeded after 2.1s',
    'speaker-timeout',
    `${doing}: no answer within the deadline`,
  ],
  [status.UNKNOWN, 'invalid prefix', 'speaker-refused', `${doing}: invalid prefix`],
])('status %i, %j is %s', (code, details, expected, sentence) => {
  const error = operationError(failed(code, details), doing)
  expect([error.code, error.message]).toEqual([expected, sentence])
})

test.each([
  [
    'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    'its TLS certificate is not signed by what tls.ca holds; write the file of the CA that signed it there',
  ],
  [
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: a.example. is not in the cert's altnames: DNS:b.example",
    "its TLS certificate is for another name (Host: a.example. is not in the cert's altnames: DNS:b.example); write a name that it is for as tls.serverName, or give it one for this",
  ],
  ['certificate has expired', 'its TLS certificate has expired; renew it, or look at the clocks'],
  [
    'Error: 40BD:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../tlsany_meth.c:77:\n',
    'it does not speak TLS; leave tls out, or start that gobgpd with --tls',
  ],
  [
    '40BD:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../rec_layer_s3.c:918:SSL alert number 116\n (2026-11-27T10:13:13.081Z)',
    'it asks for our certificate (mutual TLS); write tls.certificate and tls.key',
  ],
  [
    '40BD:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../rec_layer_s3.c:918:SSL alert number 48',
    'it refuses our TLS certificate (unknown ca); write one that its client CA signed as tls.certificate',
  ],
])('of TLS, %j is %j', (said, sentence) => {
  const details = `No connection established. Last error: ${said}. Resolution note: `
  const error = operationError(failed(status.UNAVAILABLE, details), doing)
  expect([error.code, error.message]).toEqual(['speaker-unreachable', `${doing}: ${sentence}`])
})
