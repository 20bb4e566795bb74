import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { cryptoRandom } from '@itpay/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptBody, encryptBody, parsePublicKey } from './encryption.js';

// Bob's pair of RFC 7748, section 6.1, and another private key.
const another = Buffer.from('77076d0a7318a57d3c16c17251b2664553ed7d1c8e7f8e2f6bdf8ba0d4e5a9c2', 'hex');
const bob = {
  secret: Buffer.from('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb', 'hex'),
  publicKey: Buffer.from('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f', 'hex'),
};
const context = { id: 'evt_01', type: 'payment_intent.succeeded', timestamp: '2025-01-01T00:00:00.000Z' };
const event = '{"id":"evt_01","note":"已付款"}';
const recipient = { publicKey: bob.publicKey, kid: 'key-1' };
const keys = { 'key-1': bob.secret };
const encrypt = () => encryptBody(event, recipient, context);

it('gives the receiver the event and what it was', () => {
  expect(decryptBody(encrypt(), keys, context.id)).toEqual({ body: event, context });
});

it('can be read with nothing but the description', () => {
  const { enc } = JSON.parse(encrypt());
  const bytes = (name: string) => Buffer.from(enc[name], 'base64url');
  const jwk = {
    kty: 'OKP',
    crv: 'X25519',
    x: bob.publicKey.toString('base64url'),
    d: bob.secret.toString('base64url'),
  };
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: enc.epk }, format: 'jwk' }),
  });
  const salt = Buffer.concat([bytes('epk'), bob.publicKey]);
  const key = Buffer.from(hkdfSync('sha256', shared, salt, 'itpay-webhook-v1', 32));
  const decipher = createDecipheriv('aes-256-gcm', key, bytes('iv'));
  decipher.setAAD(Buffer.from(`${context.id}\n${context.type}\n${context.timestamp}`)).setAuthTag(bytes('tag'));

  expect(enc).toMatchObject({ alg: 'X25519-HKDF-SHA256-A256GCM', kid: 'key-1' });
  expect(decipher.update(bytes('ct'), undefined, 'utf8') + decipher.final('utf8')).toBe(event);
});

it('takes its randomness from the port, and a fresh key and iv each time', () => {
  let next = 1;
  const counting = { bytes: (length: number) => Buffer.alloc(length, next++) };
  const [first, second] = [1, 2].map(() => JSON.parse(encryptBody(event, recipient, context, counting)).enc);

  expect(second.epk).not.toBe(first.epk);
  expect(second.iv).not.toBe(first.iv);
  expect(first.iv).toBe(Buffer.alloc(12, 2).toString('base64url'));
});

it('shows nothing of the event but its id, type and time', () => {
  expect(encrypt()).not.toContain(Buffer.from(event).toString('base64url').slice(4, 20));
  expect(Object.keys(JSON.parse(encrypt()))).toEqual(['enc']);
});

it('brings any text back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (body) => {
      expect(decryptBody(encryptBody(body, recipient, context), keys, context.id).body).toBe(body);
    }),
  );
});

describe('decryptBody', () => {
  it.each(['epk', 'iv', 'aad', 'ct', 'tag'])('refuses a changed %s', (member) => {
    const { enc } = JSON.parse(encrypt());
    const bytes = Buffer.from(enc[member], 'base64url');
    bytes[bytes.length - 1]! ^= 1;
    const altered = JSON.stringify({ enc: { ...enc, [member]: bytes.toString('base64url') } });

    expect(() => decryptBody(altered, keys, context.id)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });

  it.each([
    ['id', { ...context, id: 'evt_02' }],
    ['type', { ...context, type: 'payment_intent.failed' }],
    ['timestamp', { ...context, timestamp: '2025-01-02T00:00:00.000Z' }],
  ])('refuses the ciphertext of one event under the %s of another', (_what, other) => {
    const { enc } = JSON.parse(encrypt());
    const { aad } = JSON.parse(encryptBody(event, recipient, other)).enc;

    expect(() => decryptBody(JSON.stringify({ enc: { ...enc, aad } }), keys, other.id)).toThrow('altered');
  });

  it('refuses an event other than the one that the header names', () => {
    expect(() => decryptBody(encrypt(), keys, 'evt_02')).toThrow('webhook-id');
  });

  it('refuses a key it does not know, and another key under a known name', () => {
    expect(() => decryptBody(encrypt(), { 'key-2': bob.secret }, context.id)).toThrow('compare enc.kid');
    expect(() => decryptBody(encrypt(), { 'key-1': another }, context.id)).toThrow('another key');
    expect(() => decryptBody(encrypt().replace('key-1', 'toString'), keys, context.id)).toThrow('compare enc.kid');
  });

  it.each([
    ['an event in clear', event],
    ['no JSON', 'enc'],
    ['nothing', ''],
    ['another algorithm', encrypt().replace('A256GCM', 'A128GCM')],
    ['a short tag', encrypt().replace(/"tag":"[^"]+"/, '"tag":"AAAA"')],
    ['a short point', encrypt().replace(/"epk":"[^"]+"/, '"epk":"AAAA"')],
  ])('refuses %s', (_what, body) => {
    expect(() => decryptBody(body, keys, context.id)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });
});

describe('parsePublicKey', () => {
  it.each([
    ['bytes', bob.publicKey],
    ['base64', bob.publicKey.toString('base64')],
    ['base64url', bob.publicKey.toString('base64url')],
  ])('takes %s', (_form, key) => {
    expect(parsePublicKey(key)).toEqual(bob.publicKey);
  });

  it('takes random points', () => {
    for (let i = 0; i < 20; i++) expect(parsePublicKey(cryptoRandom.bytes(32))).toHaveLength(32);
  });

  // The points of low order and their other spellings. (https://cr.yp.to/ecdh.html#validate)
  it.each([
    ['zero', '00'.repeat(32)],
    ['one', `01${'00'.repeat(31)}`],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
    ['p - 1', `ec${'ff'.repeat(30)}7f`],
    ['p', `ed${'ff'.repeat(30)}7f`],
    ['p + 1', `ee${'ff'.repeat(30)}7f`],
    ['zero with the top bit', `${'00'.repeat(31)}80`],
    ['p with the top bit', `ed${'ff'.repeat(31)}`],
  ])('refuses the point %s', (_name, hex) => {
    const refusal = expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'public_key' });

    expect(() => parsePublicKey(Buffer.from(hex, 'hex'))).toThrow(refusal);
    expect(() => encryptBody(event, { publicKey: Buffer.from(hex, 'hex'), kid: 'k' }, context)).toThrow(refusal);
  });

  it.each([
    ['31 bytes', Buffer.alloc(31, 9)],
    ['33 bytes', Buffer.alloc(33, 9)],
    ['hex', bob.publicKey.toString('hex')],
    ['noise', 'x'],
    ['PEM', '-----BEGIN PUBLIC KEY-----'],
  ])('refuses %s', (_what, key) => {
    expect(() => parsePublicKey(key)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'public_key' }),
    );
  });
});
