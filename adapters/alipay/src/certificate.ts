import { createHash, X509Certificate } from 'node:crypto';

/** The certificates of a PEM text, in their order. @throws Error when one of them is broken */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Alipay's own serial number of a certificate: MD5 over the name of its issuer, last part first, and its number in decimal. */
export function certificateSn({ issuer, serialNumber }: X509Certificate): string {
  const name = issuer.split('\n').toReversed().join(',');
  return createHash('md5')
    .update(name + BigInt(`0x${serialNumber}`).toString())
    .digest('hex');
}

/** That of the root bundle: of each certificate signed with RSA. The bundle holds one with SM2, which does not count. */
export function rootCertificateSn(roots: readonly X509Certificate[]): string {
  return roots.filter(isSignedWithRsa).map(certificateSn).join('_');
}

/** Whether a certificate leads to the bundle, and everything on the way is valid at this time. */
export function chainsTo(
  leaf: X509Certificate,
  between: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): boolean {
  const left = new Set(between.filter((one) => one !== leaf && one.ca));
  for (let current = leaf; isValidAt(current, now);) {
    const root = roots.find((one) => isSignedWithRsa(one) && isIssuedBy(current, one));
    if (root !== undefined) return isValidAt(root, now);
    const next = [...left].find((one) => isIssuedBy(current, one));
    if (next === undefined) return false;
    left.delete(next);
    current = next;
  }
  return false;
}

export function isValidAt({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now <= new Date(validTo);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** PKCS#1, 1.2.840.113549.1.1, as DER writes it. */
const RSA_ALGORITHMS = '2a864886f70d0101';

// Node 20 does not tell a certificate's signature algorithm. It is the second part of the outermost sequence, and begins
// with its identifier. (RFC 5280, section 4.1)
function isSignedWithRsa({ raw }: X509Certificate): boolean {
  const outer = elementAt(raw, 0);
  const toBeSigned = elementAt(raw, outer.start);
  const algorithm = elementAt(raw, toBeSigned.end);
  const identifier = elementAt(raw, algorithm.start);
  return raw.subarray(identifier.start, identifier.end).toString('hex').startsWith(RSA_ALGORITHMS);
}

/** Where the content of a DER element begins and ends. */
function elementAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const bytes = first & 0x7f;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}
