import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { ItPayWebhookError } from '../errors.js';
import { verifyWebhook } from './verify.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const NOW = Date.parse('2026-11-22T10:00:00.500Z');
const SECONDS = Math.floor(NOW / 1_000);

const event = {
  id: 'evt_1',
  type: 'payment_intent.succeeded',
  timestamp: '2026-11-22T09:59:59.000Z',
  api_version: '2026-11-22',
  livemode: false,
  account: 'm_1',
  sequence: 5,
  data: { object: { id: 'pi_1', object: 'payment_intent', description: '茶 ☕' } },
};
const body = JSON.stringify(event);

/** Signed by a library that is not ours. */
function signed({ secret = SECRET, id = 'evt_1', at = SECONDS, text = body } = {}): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1_000), text),
  };
}
const verify = (headers: any, { text = body as string | Uint8Array, secrets = [SECRET], now = NOW } = {}) =>
  verifyWebhook(text, headers, { secrets, now });
const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof ItPayWebhookError ? error.problem : String(error)),
  );

describe('a webhook that another library signed', () => {
  it('is taken, as text and as bytes, with headers of every kind', async () => {
    const headers = signed();
    const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));

    expect(await verify(headers)).toEqual(event);
    expect(await verify(headers, { text: new TextEncoder().encode(body) })).toEqual(event);
    expect(await verify(headers, { text: Buffer.from(body) })).toEqual(event);
    expect(await verify(new Headers(headers))).toEqual(event);
    expect(await verify(shouted)).toEqual(event);
  });

  it('is taken with either secret while one replaces the other', async () => {
    const [old, fresh] = [signed({ secret: OTHER }), signed()];
    const both = { ...old, 'webhook-signature': `${old['webhook-signature']} ${fresh['webhook-signature']}` };

    expect(await verify(both)).toEqual(event);
    expect(await verify(both, { secrets: [OTHER] })).toEqual(event);
    expect(await verify(fresh, { secrets: [OTHER, SECRET] })).toEqual(event);
  });

  it.each([
    [-300, 'none'],
    [-301, 'too_old'],
    [300, 'none'],
    [301, 'too_old'],
  ])('%i seconds away from now: %s', async (seconds, problem) => {
    expect(await problemOf(verify(signed({ at: SECONDS + seconds })))).toBe(problem);
  });
});

describe('a webhook is refused', () => {
  const [, signature] = signed()['webhook-signature']!.split(',');
  it.each<[string, object, string]>([
    ['without an id', { 'webhook-id': undefined }, 'header_missing'],
    ['without a time', { 'webhook-timestamp': '' }, 'header_missing'],
    ['without a signature', { 'webhook-signature': undefined }, 'header_missing'],
    ['with another id', { 'webhook-id': 'evt_2' }, 'signature_invalid'],
    ['with another time', { 'webhook-timestamp': String(SECONDS - 1) }, 'signature_invalid'],
    ['with a time that is no number', { 'webhook-timestamp': '1e9' }, 'signature_invalid'],
    ['with an id that has a dot', { 'webhook-id': `evt_1.${SECONDS}` }, 'signature_invalid'],
    ['with a signature of another scheme', { 'webhook-signature': `v2,${signature}` }, 'signature_invalid'],
    ['with a signature for another kind of key', { 'webhook-signature': `v1a,${signature}` }, 'signature_invalid'],
    ['with a shortened signature', { 'webhook-signature': `v1,${signature!.slice(0, -4)}` }, 'signature_invalid'],
    ['with an empty signature', { 'webhook-signature': 'v1,' }, 'signature_invalid'],
    ['with noise for a signature', { 'webhook-signature': ', ,, v1 v1,%%%' }, 'signature_invalid'],
  ])('%s', async (_, change, problem) => {
    expect(await problemOf(verify({ ...signed(), ...change }))).toBe(problem);
  });

  it('that another secret signed', async () => {
    expect(await problemOf(verify(signed({ secret: OTHER })))).toBe('signature_invalid');
  });

  it('whose body was changed, or parsed and written again', async () => {
    expect(await problemOf(verify(signed(), { text: body.replace('pi_1', 'pi_2') }))).toBe('signature_invalid');
    expect(await problemOf(verify(signed(), { text: JSON.stringify(event, null, 1) }))).toBe('signature_invalid');
  });

  it('that was given as an object, with a word about why', async () => {
    await expect(verify(signed(), { text: event as never })).rejects.toThrow('The body is not as it came');
  });

  it.each([
    ['is no JSON', 'hello'],
    ['is no event', '{"id":"evt_1"}'],
    ['is another event than its header says', JSON.stringify({ ...event, id: 'evt_2' })],
  ])('whose body %s, also when it is signed', async (_, text) => {
    expect(await problemOf(verify(signed({ text }), { text }))).toBe('body_invalid');
  });
});

describe('a secret', () => {
  it.each([['whsec_short'], ['whsec_%%%'], ['whpk_AAAA'], ['abc'], ['']])('is not %j', async (secret) => {
    await expect(verify(signed(), { secrets: [secret] })).rejects.toThrow('A webhook secret is whsec_');
  });

  it('is needed', async () => {
    await expect(verify(signed(), { secrets: [] })).rejects.toThrow('webhookSecret is missing');
  });
});

it('takes an Ed25519 signature with the public key, and no other', async () => {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = `whpk_${pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64')}`;
  const content = `evt_1.${SECONDS}.${body}`;
  const v1a = `v1a,${sign(null, Buffer.from(content), pair.privateKey).toString('base64')}`;
  const headers = { ...signed(), 'webhook-signature': v1a };

  expect(await verify(headers, { secrets: [publicKey] })).toEqual(event);
  expect(await problemOf(verify(headers))).toBe('signature_invalid');
  expect(await problemOf(verify(headers, { secrets: [publicKey], text: `${body} ` }))).toBe('signature_invalid');
});

// Published with the specification: https://github.com/standard-webhooks/standard-webhooks, spec, "Signature scheme".
it('computes the signature of the specification', () => {
  const text = '{"test": 2432232314}';
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const expected = createHmac('sha256', key).update(`msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.${text}`).digest('base64');

  expect(expected).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
