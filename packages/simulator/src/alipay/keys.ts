import { createHash, generateKeyPairSync, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { certificate, type CertificateName } from '../kit/certificate.js';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What the two sides give each other in certificate mode. PEM. */
export interface AlipayCertificates {
  readonly appCert: string;
  /** The certificate of Alipay's key, and of the authority between it and the root. */
  readonly alipayCert: string;
  /** A bundle, in which one root has an SM2 key, as in the published one. */
  readonly alipayRootCert: string;
}

/** The numbers by which the certificates go in requests and answers. */
export interface SerialNumbers {
  readonly app: string;
  readonly alipay: string;
  readonly root: string;
}

export const newKeyPair = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Names and values in byte order of the names, empty ones left out, joined as they are before they are encoded. */
export function textToSign(parameters: Iterable<readonly [string, string]>, without: readonly string[]): string {
  return [...parameters]
    .filter(([name, value]) => !without.includes(name) && value !== '')
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function rsa2(text: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(text), key).toString('base64');
}

export function rsa2Fits(text: string, signature: string, key: KeyObject): boolean {
  return verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'));
}

const FIVE_YEARS_MS = 5 * 365 * 86_400_000;
const nameOf = (unit: string, name: string): CertificateName => [
  ['C', 'CN'],
  ['O', 'Simulated Ant Financial'],
  ['OU', unit],
  ['CN', name],
];

/** Makes a root, an authority below it, and certificates for both sides. */
export function makeCertificates(
  app: KeyObject,
  alipay: KeyObject,
  now: Date,
): { readonly certificates: AlipayCertificates; readonly serialNumbers: SerialNumbers } {
  const valid = { from: now, until: new Date(now.getTime() + FIVE_YEARS_MS) };
  const [root, chinaRoot, authority] = [newKeyPair(), sm2KeyPair(), newKeyPair()];
  const rootName = nameOf('Certification Authority', 'Simulated Root Authority R1');
  const authorityName = nameOf('Certification Authority', 'Simulated Class 2 R1');
  const rootOf = (subject: CertificateName, { publicKey, privateKey }: KeyPair, serial: string) =>
    certificate({ subject, publicKey, serial, issuer: subject, issuerKey: privateKey, authority: true, ...valid });
  const issued = (subject: CertificateName, publicKey: KeyObject, serial: string) =>
    certificate({ subject, publicKey, serial, issuer: authorityName, issuerKey: authority.privateKey, ...valid });

  const rootPem = rootOf(rootName, root, '4B01');
  const chinaPem = rootOf(nameOf('Certification Authority', 'Simulated Root Authority G1'), chinaRoot, '4B02');
  const authorityPem = certificate({
    subject: authorityName,
    publicKey: authority.publicKey,
    issuer: rootName,
    issuerKey: root.privateKey,
    serial: '4B03',
    authority: true,
    ...valid,
  });
  const appCert = issued(nameOf('Simulated Shop', '2021000000000000'), app, '202611220A01');
  const alipayCert = issued(nameOf('Alipay', 'Simulated Alipay'), alipay, '202611220A02');
  return {
    certificates: { appCert, alipayCert: alipayCert + authorityPem, alipayRootCert: chinaPem + rootPem },
    // Of the bundle, only roots whose signature is RSA count.
    serialNumbers: { app: serialNumber(appCert), alipay: serialNumber(alipayCert), root: serialNumber(rootPem) },
  };
}

/** MD5 of the issuer, last part of its name first, and of the serial number in decimal. */
export function serialNumber(pem: string): string {
  const { issuer, serialNumber: hex } = new X509Certificate(pem);
  const name = issuer.split('\n').toReversed().join(',');
  return createHash('md5')
    .update(`${name}${BigInt(`0x${hex}`)}`)
    .digest('hex');
}

function sm2KeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'SM2' });
}
