/**
 * What is wrong with TLS toward a daemon, with the way out in the words of documents. OpenSSL and Node.js name the trouble and
 * nothing that an operator of Herald could do.
 */
const troubles: readonly (readonly [RegExp, (said: string) => string])[] = [
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    (said) =>
      `its TLS certificate is for another name (${namesIn(said)}); write a name that it is for as tls.serverName, or give it one for this`,
  ],
  [
    /certificate has expired|certificate is not yet valid/,
    (said) => `its TLS ${/certificate [a-z ]+/.exec(said)?.[0] ?? said}; renew it, or look at the clocks`,
  ],
  [
    /unable to verify the first certificate|self[- ]signed certificate|unable to get (local )?issuer certificate/,
    () => 'its TLS certificate is not signed by what tls.ca holds; write the file of the CA that signed it there',
  ],
  [
    /wrong version number|packet length too long/,
    () => 'it does not speak TLS; leave tls out, or start that gobgpd with --tls',
  ],
  [/alert certificate required/, () => 'it asks for our certificate (mutual TLS); write tls.certificate and tls.key'],
  [
    /alert (unknown ca|bad certificate|certificate (unknown|expired|revoked))/,
    (said) =>
      `it refuses our TLS certificate (${/alert ([a-z ]+)/.exec(said)?.[1]?.trim()}); write one that its client CA signed as tls.certificate`,
  ],
]

/** @param said what gRPC told of a connection that failed  @returns undefined where that is not about TLS */
export function tlsTrouble(said: string): string | undefined {
  return troubles.find(([pattern]) => pattern.test(said))?.[1](said)
}

/** `Host: other.example. is not in the cert's altnames: DNS:speaker.example` */
function namesIn(said: string): string {
  return /altnames: (.*)$/.exec(said)?.[1] ?? said
}
