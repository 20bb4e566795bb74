import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret, newSigningKey, signPayload, verifySignature } from './signature.js';

/** Different bytes at each call, the same in each run. */
function countingRandom() {
  let calls = 0;
  return {
    bytes: (length: number) => createHash('sha512').update(String(calls++)).digest().subarray(0, length),
  };
}
const random = countingRandom();
const now = new Date('2025-01-01T00:00:00Z');
const timestamp = now.getTime() / 1000;
const message = { id: 'evt_01', timestamp, body: '{"type":"payment_intent.succeeded","note":"已付款"}' };

// The server of Svix, from which the standard came: `test_asymmetric_key_signing` and the example of the specification.
const published = {
  secretKey: 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
  publicKey: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' },
  signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
};
// The README and the tests of the reference libraries.
const publishedShared = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  message: published.message,
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('shared secrets', () => {
  it('are whsec_ and 32 random bytes, another one each time', () => {
    const [first, second] = [newSecret(random), newSecret(random)];

    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(second).not.toBe(first);
  });

  it('make the published signature', () => {
    expect(signPayload(publishedShared.message, [publishedShared.secret])).toBe(publishedShared.signature);
  });

  it('make what an independent receiver accepts, while a secret is replaced as well', () => {
    const [old, fresh, foreign] = [newSecret(random), newSecret(random), newSecret(random)];
    const seconds = Math.floor(Date.now() / 1000);
    const headers = {
      'webhook-id': message.id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signPayload({ ...message, timestamp: seconds }, [fresh, old]),
    };

    expect(new Webhook(old).verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(new Webhook(fresh).verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(() => new Webhook(foreign).verify(message.body, headers)).toThrow('No matching signature');
    expect(() => new Webhook(old).verify(`${message.body} `, headers)).toThrow('No matching signature');
  });

  it('verify what an independent sender signed', () => {
    const secret = newSecret(random);
    const signature = new Webhook(secret).sign(message.id, now, message.body);

    expect(verifySignature({ ...message, signature }, [secret], now)).toBe(true);
  });
});

describe('Ed25519 keys', () => {
  it('make the published signature', () => {
    expect(signPayload(published.message, [published.secretKey])).toBe(published.signature);
    expect(
      verifySignature(
        { ...published.message, signature: published.signature },
        [published.publicKey],
        new Date(1614265330_000),
      ),
    ).toBe(true);
  });

  it('are 64 bytes that end in the public key; the seed alone signs the same', () => {
    const { secretKey, publicKey } = newSigningKey(random);
    const bytes = Buffer.from(secretKey.slice('whsk_'.length), 'base64');
    const seed = `whsk_${bytes.subarray(0, 32).toString('base64')}`;

    expect(bytes).toHaveLength(64);
    expect(publicKey).toBe(`whpk_${bytes.subarray(32).toString('base64')}`);
    expect(signPayload(message, [seed])).toBe(signPayload(message, [secretKey]));
  });

  it('stand beside a shared secret in one header', () => {
    const [secret, pair] = [newSecret(random), newSigningKey(random)];
    const signature = signPayload(message, [secret, pair.secretKey]);

    expect(signature).toMatch(/^v1,[^ ]+ v1a,[^ ]+$/);
    expect(verifySignature({ ...message, signature }, [secret], now)).toBe(true);
    expect(verifySignature({ ...message, signature }, [pair.publicKey], now)).toBe(true);
    expect(verifySignature({ ...message, signature }, [newSigningKey(random).publicKey], now)).toBe(false);
  });
});

describe('verifySignature', () => {
  const secret = newSecret(random);
  const signature = signPayload(message, [secret]);

  it.each([
    [-300, true],
    [300, true],
    [-301, false],
    [301, false],
  ])('at a clock that is %i s off answers %s', (seconds, valid) => {
    const clock = new Date(now.getTime() + seconds * 1000);

    expect(verifySignature({ ...message, signature }, [secret], clock)).toBe(valid);
  });

  it.each([
    ['another id', { id: 'evt_02' }],
    ['another time', { timestamp: timestamp + 1 }],
    ['another body', { body: '{}' }],
    ['no signature', { signature: '' }],
    ['a cut signature', { signature: signature.slice(0, -8) }],
    ['another version', { signature: signature.replace('v1,', 'v1a,') }],
    ['an unknown version', { signature: signature.replace('v1,', 'v2,') }],
    ['a time that is no number', { timestamp: Number.NaN }],
    ['a boundary moved into the id', { id: `${message.id}.${timestamp}` }],
    ['an empty id', { id: '' }],
  ])('refuses %s', (_what, change) => {
    expect(verifySignature({ ...message, signature, ...change }, [secret], now)).toBe(false);
  });

  it('finds the right signature among others', () => {
    const header = `v9,abc ${signPayload(message, [newSecret(random)])} ${signature}`;

    expect(verifySignature({ ...message, signature: header }, [secret], now)).toBe(true);
  });

  it('takes the body as text or as bytes', () => {
    const body = new TextEncoder().encode(message.body);

    expect(signPayload({ ...message, body }, [secret])).toBe(signature);
  });

  it('answers false to noise', () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        expect(verifySignature({ ...message, signature: noise }, [secret, published.publicKey], now)).toBe(false);
      }),
    );
  });
});

it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'whsk_c2hvcnQ=', 'whpk_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
  'refuses the secret %j without repeating it',
  (secret) => {
    expect(() => signPayload(message, [secret])).toThrow(
      /A webhook secret is whsec_ with the base64 of 24 to 64 bytes/,
    );
  },
);

it('refuses to sign with no secret, with a public key, or for an id that holds a dot', () => {
  expect(() => signPayload(message, [])).toThrow('at least one signing secret');
  expect(() => signPayload(message, [published.publicKey])).toThrow('cannot sign');
  expect(() => signPayload({ ...message, id: 'evt.01' }, [newSecret(random)])).toThrow('without dots');
});
