import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedHmac, isSignedRsa, minify, rsaKey, signHmac, signRsa, transactionString } from './signature.js';

const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('minify', () => {
  it.each([
    ['{ "a" : 1 }', '{"a":1}'],
    ['{\r\n\t"a": [1, 2]\n}\n', '{"a":[1,2]}'],
    ['{"a": "b  c\\n d"}', '{"a":"b  c\\n d"}'],
    ['{"a": "quote \\" still in"  }', '{"a":"quote \\" still in"}'],
    ['{"a": "backslash \\\\" , "b": 1}', '{"a":"backslash \\\\","b":1}'],
    ['{"a": "\\u0020 / \\/ é — 😀"}', '{"a":"\\u0020 / \\/ é — 😀"}'],
    ['{"a": 1.50, "b": 1e2}', '{"a":1.50,"b":1e2}'],
    ['', ''],
    ['"\\', '"\\'],
  ])('makes %j of it: %j', (body, expected) => {
    expect(minify(body).toString()).toBe(expected);
    expect(minify(Buffer.from(body)).toString()).toBe(expected);
  });
});

describe('the text that is signed', () => {
  const request = { method: 'POST', path: '/v1.0/x', body: '', timestamp: 'T' };

  it.each([
    ['hash', `POST:/v1.0/x:token:${HASH_OF_NOTHING}:T`],
    ['blank', 'POST:/v1.0/x:token::T'],
    ['omit', 'POST:/v1.0/x:token:T'],
  ] as const)('has its own form without a body: %s', (emptyBody, expected) => {
    expect(transactionString({ ...request, emptyBody, accessToken: 'token' })).toBe(expected);
  });

  it('has no token where an RSA key proves the caller', () => {
    expect(transactionString(request)).toBe(`POST:/v1.0/x:${HASH_OF_NOTHING}:T`);
  });

  it('has query parameters in the order of their names', () => {
    expect(transactionString({ ...request, path: '/x?b=2&a=1&c=?' })).toContain(':/x?a=1&b=2&c=?:');
  });
});

describe('a signature', () => {
  const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it('counts in one spelling only', () => {
    const [byRsa, byHmac] = [signRsa('text', ours.privateKey), signHmac('text', 'secret')];

    expect(isSignedRsa('text', byRsa, ours.publicKey)).toBe(true);
    expect(isSignedHmac('text', byHmac, 'secret')).toBe(true);
    for (const spelled of [undefined, '', ' ', '0'].map((more) => more && byRsa + more)) {
      expect(isSignedRsa('text', spelled, ours.publicKey)).toBe(false);
    }
    for (const spelled of ['0', ' ', '\n'].map((more) => byHmac + more)) {
      expect(isSignedHmac('text', spelled, 'secret')).toBe(false);
    }
  });

  it('is not somebody else’s, and of no other text', () => {
    expect(isSignedRsa('text', signRsa('text', theirs.privateKey), ours.publicKey)).toBe(false);
    expect(isSignedRsa('other', signRsa('text', ours.privateKey), ours.publicKey)).toBe(false);
    expect(isSignedHmac('text', signHmac('text', 'other'), 'secret')).toBe(false);
    expect(isSignedHmac('other', signHmac('text', 'secret'), 'secret')).toBe(false);
    expect(isSignedHmac('text', 'AAAA', 'secret')).toBe(false);
  });

  it('takes keys as PEM and as portals show them', () => {
    const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const bare = pem.split('\n').slice(1, -2).join('');
    const own = ours.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

    for (const text of [pem, bare, `\n${bare}\n`]) expect(rsaKey(text, 'public')?.equals(ours.publicKey)).toBe(true);
    expect(rsaKey(own, 'private')).not.toBeNull();
    expect(rsaKey(own, 'public'), 'a private key is none').toBeNull();
    expect(rsaKey(pem, 'private')).toBeNull();
    expect(rsaKey('nonsense', 'public')).toBeNull();
  });

  it('does not come from a short key, or one of another kind', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    for (const { publicKey } of [short, curve]) {
      expect(rsaKey(publicKey.export({ type: 'spki', format: 'pem' }) as string, 'public')).toBeNull();
    }
  });
});
