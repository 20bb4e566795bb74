import { sign, type KeyObject } from 'node:crypto';

// Node reads certificates and cannot make them. A library for one fixed shape would be larger than this file: X.509 v3
// is a dozen values in DER (RFC 5280, section 4.1), and Node's own X509Certificate is the proof that they fit.

/** The parts of a name in the order of the certificate, such as `[['C', 'CN'], ['O', 'Nobody'], ['CN', 'Root']]`. */
export type CertificateName = readonly (readonly [kind: keyof typeof NAME_KINDS, text: string])[];

export interface CertificateContent {
  readonly subject: CertificateName;
  readonly publicKey: KeyObject;
  /** Hexadecimal. */
  readonly serial: string;
  readonly from: Date;
  readonly until: Date;
  /** Who signs it: itself, when name and key are its own. */
  readonly issuer: CertificateName;
  readonly issuerKey: KeyObject;
  /** May sign other certificates. */
  readonly authority?: boolean;
}

const NAME_KINDS = { C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' } as const;
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
const SM2_WITH_SM3 = '1.2.156.10197.1.501';
const BASIC_CONSTRAINTS = '2.5.29.19';

/** A certificate as PEM, signed with RSA and SHA-256; by an issuer with an SM2 key, as China's own roots are. */
export function certificate(content: CertificateContent): string {
  const { subject, issuer, issuerKey, publicKey, serial, from, until, authority = false } = content;
  const rsa = issuerKey.asymmetricKeyType === 'rsa';
  const algorithm = rsa ? sequence(oid(SHA256_WITH_RSA), tlv(0x05)) : sequence(oid(SM2_WITH_SM3));
  const constraints = sequence(
    oid(BASIC_CONSTRAINTS),
    tlv(0x01, Buffer.from([0xff])),
    tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff])))),
  );
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    name(issuer),
    sequence(time(from), time(until)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(authority ? [tlv(0xa3, sequence(constraints))] : []),
  );
  const signature = sign(rsa ? 'sha256' : 'sm3', toBeSigned, issuerKey);
  const der = sequence(toBeSigned, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** Tag, length, value. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = value.length < 0x100 ? [0x81, value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);

function name(parts: CertificateName): Buffer {
  return sequence(
    ...parts.map(([kind, text]) => tlv(0x31, sequence(oid(NAME_KINDS[kind]), tlv(0x0c, Buffer.from(text))))),
  );
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** A positive one: a zero byte goes before a first bit that would make it negative. */
function integer(hex: string): Buffer {
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return tlv(0x02, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** UTCTime has two digits for the year: until 2049. */
function time(at: Date): Buffer {
  return tlv(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
