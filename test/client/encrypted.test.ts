import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { verifyWebhook, ItPayWebhookError } from '@itpay/client';
import { cryptoRandom } from '@itpay/kernel';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { encryptBody } from '../../packages/webhook/src/encryption.js';
import { newSecret, newSigningKey, signPayload } from '../../packages/webhook/src/signature.js';

// What the server signs and encrypts, with Node's crypto, is what the client takes, with the platform's.

const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const event = {
  id: 'evt_1',
  type: 'refund.succeeded',
  timestamp: '2026-11-22T09:59:00.000Z',
  sequence: 3,
  data: { object: { id: 'ref_1', description: '退款 ☕' } },
};
const secret = newSecret(cryptoRandom);

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(12),
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(16),
  };
}

function headersOf(body: string, secrets = [secret], id = event.id) {
  const timestamp = NOW / 1_000;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signPayload({ id, timestamp, body }, secrets),
  };
}

describe('what the server signs', () => {
  const body = JSON.stringify(event);
  const { secretKey, publicKey } = newSigningKey(cryptoRandom);

  it.each([
    ['one secret', [secret], [secret]],
    ['two secrets', [newSecret(cryptoRandom), secret], [secret]],
    ['a private key', [secretKey], [publicKey]],
    ['a private key and a secret', [secret, secretKey], [publicKey]],
    ['a private key, for one who has it', [secretKey], [secretKey]],
  ])('with %s is taken', async (_, signing, verifying) => {
    const headers = headersOf(body, signing);

    expect(await verifyWebhook(body, headers, { secrets: verifying, now: NOW })).toEqual(event);
    await expect(verifyWebhook(body, headers, { secrets: [newSecret(cryptoRandom)], now: NOW })).rejects.toMatchObject({
      problem: 'signature_invalid',
    });
  });

  it('is taken by another library as well', () => {
    const now = new Date();
    const headers = {
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signPayload({ id: event.id, timestamp: Math.floor(now.getTime() / 1_000), body }, [secret]),
    };

    expect(new Webhook(secret).verify(body, headers)).toEqual(event);
  });
});

describe('an encrypted body', () => {
  const [mine, other] = [keyPair(), keyPair()];
  const encrypt = (text = JSON.stringify(event), context: object = {}) =>
    encryptBody(text, { publicKey: mine.publicKey, kid: 'k1' }, { ...event, ...context });
  const open = (body: string, privateKeys: Record<string, Uint8Array> = { k1: mine.privateKey }) =>
    verifyWebhook(body, headersOf(body), { secrets: [secret], privateKeys, now: NOW });
  const changed = (change: object) => {
    const { enc } = JSON.parse(encrypt());
    return JSON.stringify({ enc: { ...enc, ...change } });
  };

  it('is opened with the key that it names, while others are there', async () => {
    expect(await open(encrypt(), { k0: other.privateKey, k1: mine.privateKey })).toEqual(event);
  });

  it('of any length is opened', async () => {
    const large = { ...event, data: { object: { id: 'ref_1', text: 'é'.repeat(9_000) } } };

    expect(await open(encrypt(JSON.stringify(large)))).toEqual(large);
  });

  it.each<[string, () => string]>([
    ['the key', () => changed({ epk: other.publicKey.toString('base64url') })],
    ['the ciphertext', () => changed({ ct: randomBytes(80).toString('base64url') })],
    ['the tag', () => changed({ tag: randomBytes(16).toString('base64url') })],
    ['the nonce', () => changed({ iv: randomBytes(12).toString('base64url') })],
    [
      'what was authenticated',
      () => changed({ aad: Buffer.from(`${event.id}\nrefund.failed\n${event.timestamp}`).toString('base64url') }),
    ],
    ['the event', () => changed({ aad: Buffer.from('evt_2\na\nb').toString('base64url') })],
    ['the algorithm', () => changed({ alg: 'none' })],
    ['the length of the tag', () => changed({ tag: 'AAAA' })],
    ['the key, to a point of low order', () => changed({ epk: Buffer.alloc(32).toString('base64url') })],
    ['a letter that is none', () => changed({ ct: '%%%%' })],
    ['half a byte', () => changed({ ct: 'AAAAA' })],
    ['the name of the key', () => changed({ kid: '__proto__' })],
    ['everything', () => '{"enc":7}'],
  ])('in which somebody changed %s is refused', async (_, body) => {
    const error = await open(body()).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ItPayWebhookError);
    expect(error).toMatchObject({ problem: 'cannot_decrypt' });
  });

  it('for another key is refused', async () => {
    await expect(open(encrypt(), { k1: other.privateKey })).rejects.toThrow('altered, or encrypted for another key');
    await expect(open(encrypt(), {})).rejects.toThrow('compare enc.kid');
  });

  it('that holds another event than it says is refused', async () => {
    const disguised = encrypt(JSON.stringify({ ...event, type: 'refund.failed' }));

    await expect(open(disguised)).rejects.toMatchObject({ problem: 'body_invalid' });
  });
});
