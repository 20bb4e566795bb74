import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificate, type CertificateName } from './certificate.js';

const rootName: CertificateName = [
  ['C', 'CN'],
  ['O', 'Nobody'],
  ['OU', 'Simulators'],
  ['CN', 'Simulated Root'],
];
const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2031-01-01T12:30:45Z')];
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

function root(key = rsa(), serial = 'FF01') {
  const content = { subject: rootName, issuer: rootName, serial, from, until, authority: true };
  return { key, pem: certificate({ ...content, publicKey: key.publicKey, issuerKey: key.privateKey }) };
}

describe('a certificate that the simulators make', () => {
  it('is read by Node as it was meant', () => {
    const { key, pem } = root();

    const read = new X509Certificate(pem);

    expect(read.subject).toBe('C=CN\nO=Nobody\nOU=Simulators\nCN=Simulated Root');
    expect([read.serialNumber, read.ca]).toEqual(['FF01', true]);
    expect([new Date(read.validFrom), new Date(read.validTo)]).toEqual([from, until]);
    expect(read.checkPrivateKey(key.privateKey)).toBe(true);
    expect(read.verify(key.publicKey)).toBe(true);
  });

  it('is proven by its issuer and by nobody else', () => {
    const [issuer, stranger, leaf] = [root(), root(), rsa()];
    const read = new X509Certificate(
      certificate({
        subject: [['CN', 'app']],
        issuer: rootName,
        issuerKey: issuer.key.privateKey,
        publicKey: leaf.publicKey,
        serial: '0A'.repeat(20),
        from,
        until,
      }),
    );

    expect(read.ca).toBe(false);
    expect(read.serialNumber).toBe('0A'.repeat(20));
    expect(read.checkIssued(new X509Certificate(issuer.pem))).toBe(true);
    expect(read.verify(issuer.key.publicKey)).toBe(true);
    expect(read.verify(stranger.key.publicKey)).toBe(false);
  });

  it('names the algorithm of China where the issuer has such a key', () => {
    const { pem } = root(generateKeyPairSync('ec', { namedCurve: 'SM2' }) as never);

    expect(Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64').toString('hex')).toContain('2a811ccf55018375');
    expect(new X509Certificate(pem).subject).toContain('Simulated Root');
  });
});
