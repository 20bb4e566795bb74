import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { contentToSign, readPrivateKey, readPublicKey, signRsa2, verifyRsa2 } from './signature.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey, publicKey } = pair;

/** As Alipay's key tool saves it: one line without armour. */
const bare = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
const oneLine = (pem: string) => pem.replace(/\n(?!-----E)(?=.)/g, (at, index: number) => (index < 40 ? at : ''));

describe('a private key', () => {
  for (const type of ['pkcs1', 'pkcs8'] as const) {
    const pem = privateKey.export({ type, format: 'pem' }) as string;

    it.each([
      ['with its armour', pem],
      ['with the line ends of Windows', pem.replaceAll('\n', '\r\n')],
      ['with its armour, in one line', oneLine(pem)],
      ['without armour', bare(pem)],
      ['without armour, with space around it', ` ${bare(pem)}\n`],
      [
        'with the armour of the other form',
        pem.replaceAll(/(?:RSA )?PRIVATE KEY/g, type === 'pkcs1' ? 'PRIVATE KEY' : 'RSA PRIVATE KEY'),
      ],
    ])(`is read as ${type}, %s`, (_what, text) => {
      expect(createPublicKey(readPrivateKey(text)!).equals(publicKey)).toBe(true);
    });
  }

  it.each([
    ['nothing', ''],
    ['text', 'my key'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }) as string],
    [
      'a key of another kind',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    ],
  ])('is not %s', (_what, text) => {
    expect(readPrivateKey(text)).toBeNull();
  });
});

describe('a public key', () => {
  it.each(['pkcs1', 'spki'] as const)('is read as %s, with and without armour', (type) => {
    const pem = publicKey.export({ type, format: 'pem' }) as string;

    for (const text of [pem, bare(pem)]) expect(readPublicKey(text)!.equals(publicKey)).toBe(true);
  });

  it('is not a private one', () => {
    expect(readPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)).toBeNull();
  });
});

describe('what is signed', () => {
  it('is every parameter that is not empty, in the order of the names, not encoded', () => {
    const params = { b: '1 +&=押金', a_c: 'x', a: '', Z: 'z', sign: 's', sign_type: 'RSA2' };

    expect(contentToSign(params)).toBe('Z=z&a_c=x&b=1 +&=押金&sign_type=RSA2');
    expect(contentToSign(params, ['sign', 'sign_type'])).toBe('Z=z&a_c=x&b=1 +&=押金');
  });

  it('has one signature with one spelling', () => {
    const signature = signRsa2('a=押金', privateKey);

    expect(verifyRsa2('a=押金', signature, publicKey)).toBe(true);
    for (const other of [
      `${signature} `,
      `${signature}A`,
      signature.replace(/=+$/, ''),
      signature.replaceAll('+', ' '),
      '',
    ]) {
      if (other !== signature) expect(verifyRsa2('a=押金', other, publicKey), other.slice(-5)).toBe(false);
    }
    expect(verifyRsa2('a=押', signature, publicKey)).toBe(false);
  });
});
