import { secretsFrom } from '@itpay/kernel';
import { fakeClock, seededRandom } from '@itpay/testkit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { request } from '../../test/fakes.js';
import { apiKeyAuthenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { formatKey, hashSecret, newKeyText } from './key-text.js';
import { SIGNING_PURPOSE } from './changes.js';
import { signatureHeader } from './signature.js';
import type { ApiKeyRow } from './store.js';

const text = newKeyText(false, seededRandom('key'));
const key = formatKey(text);
const other = formatKey({ ...newKeyText(false, seededRandom('other')), keyId: text.keyId });

const clock = fakeClock('2026-01-01T00:00:00Z');
let row: ApiKeyRow;
const findRow = vi.fn<(keyId: string) => Promise<ApiKeyRow | null>>();
let cache: KeyCache;

beforeEach(() => {
  clock.set('2026-01-01T00:00:00Z');
  row = {
    id: 'key_1',
    account: 'm_shop',
    livemode: false,
    key_id: text.keyId,
    secret_hash: hashSecret(text.secret),
    last4: text.secret.slice(-4),
    lineage: 'key_0',
    label: 'Shop',
    scopes: ['payments:read'],
    status: 'active',
    ip_allowlist: [],
    signing_secret: null,
    api_version: null,
    rotated_at: null,
    replaced_by: null,
    expires_at: null,
    created_at: clock.now(),
    revoked_at: null,
  };
  findRow.mockReset().mockImplementation(async (keyId) => (keyId === row.key_id ? row : null));
  cache = new KeyCache(findRow, clock);
  used = new Set();
});

const secrets = secretsFrom(['a-secret-key-for-tests-that-is-long-enough']);
let used: Set<string>;
const authenticator = () =>
  apiKeyAuthenticator({
    keys: cache,
    clock,
    secrets,
    nonces: {
      use: async (_key, signature) => used.size < used.add(signature.toString('hex')).size,
    },
    publicUrl: 'https://shop.example/itpay/',
  });
const authenticate = (authorization?: string, remoteAddress: string | null = '127.0.0.1') =>
  authenticator().authenticate(request({ headers: { authorization }, remoteAddress }));

it.each([[`Bearer ${key}`], [`bearer  ${key}`], [`BEARER ${key} `]])(
  'knows the holder of the key: %s',
  async (header) => {
    expect(await authenticate(header)).toEqual({
      id: 'key_1',
      kind: 'api_key',
      account: 'm_shop',
      livemode: false,
      scopes: ['payments:read'],
      lineage: 'key_0',
    });
  },
);

it.each([[undefined], [''], ['Basic dXNlcjpwYXNz'], [key], ['Bearer']])('sees no credential in %j', async (header) => {
  expect(await authenticate(header)).toBeNull();
});

it.each([
  ['no key of ours', 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x'],
  ['a key id that nobody has', `Bearer itpay_test_${'0'.repeat(12)}_${text.secret}`],
  ['the secret of another key', `Bearer ${other}`],
  ['the other mode', `Bearer ${key.replace('_test_', '_live_')}`],
])('refuses %s as API_KEY_INVALID', async (_what, header) => {
  await expect(authenticate(header)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });
});

it('tells the holder of a revoked key, and nobody else, that it is revoked', async () => {
  row = { ...row, status: 'revoked' };

  await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_REVOKED' });
  await expect(authenticate(`Bearer ${other}`)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });
});

it('refuses a key from the moment on at which it expires, also one that is cached', async () => {
  row = { ...row, expires_at: new Date('2026-01-01T00:00:05Z') };

  clock.advance('4s');
  await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ id: 'key_1' });
  clock.advance('1s');
  await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_EXPIRED' });

  expect(findRow).toHaveBeenCalledTimes(1);
});

describe('The cache', () => {
  it('answers for ten seconds without the database', async () => {
    await authenticate(`Bearer ${key}`);
    clock.advance(9_999);
    await authenticate(`Bearer ${key}`);
    await expect(authenticate(`Bearer ${other}`)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });

    expect(findRow).toHaveBeenCalledTimes(1);
  });

  it('refuses a key that was revoked elsewhere within ten seconds', async () => {
    await authenticate(`Bearer ${key}`);
    row = { ...row, status: 'revoked' };
    clock.advance('10s');

    await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_REVOKED' });
  });

  it('refuses a key that was revoked here at once', async () => {
    await authenticate(`Bearer ${key}`);
    row = { ...row, status: 'revoked' };
    cache.forget(text.keyId);

    await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_REVOKED' });
  });

  it('does not keep what a look-up brings that began before the revocation', async () => {
    let arrive = (_row: ApiKeyRow) => {};
    findRow.mockImplementationOnce(() => new Promise((resolve) => (arrive = resolve)));
    const before = authenticate(`Bearer ${key}`);
    const active = row;
    row = { ...row, status: 'revoked' };
    cache.forget(text.keyId);
    arrive(active);
    await before;

    await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_REVOKED' });
  });

  it('counts the ten seconds from the beginning of the look-up', async () => {
    findRow.mockImplementationOnce(async () => {
      clock.advance('4s');
      return row;
    });
    await authenticate(`Bearer ${key}`);
    clock.advance('6s');
    await authenticate(`Bearer ${key}`);

    expect(findRow).toHaveBeenCalledTimes(2);
  });

  it('looks a key up once for all requests that wait for it', async () => {
    await Promise.all(Array.from({ length: 20 }, () => authenticate(`Bearer ${key}`)));

    expect(findRow).toHaveBeenCalledTimes(1);
  });

  it('does not remember that a key does not exist: it works as soon as it was made', async () => {
    const made = row;
    row = { ...row, key_id: 'another' };
    await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });
    row = made;

    await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ id: 'key_1' });
  });

  it('does not remember that the database was away', async () => {
    findRow.mockRejectedValueOnce(new Error('connection lost'));
    await expect(authenticate(`Bearer ${key}`)).rejects.toThrow('connection lost');

    await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ id: 'key_1' });
  });
});

describe('A key that is bound to addresses', () => {
  beforeEach(() => {
    row = { ...row, ip_allowlist: ['203.0.113.0/24', '2001:db8::/32'] };
  });

  it.each(['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::1'])('works from %s', async (address) => {
    await expect(authenticate(`Bearer ${key}`, address)).resolves.toMatchObject({ id: 'key_1' });
  });

  it.each(['203.0.114.7', '::1', 'nonsense', null])('does not work from %s', async (address) => {
    await expect(authenticate(`Bearer ${key}`, address)).rejects.toMatchObject({ code: 'IP_NOT_ALLOWED' });
  });

  it('says why where the address cannot be seen', async () => {
    await expect(authenticate(`Bearer ${key}`, null)).rejects.toThrow('cannot see the address of the caller');
  });
});

describe('A key that requires signatures', () => {
  const secret = 'itpay_sig_secret';
  const body = Buffer.from('{"amount":1}');
  const now = String(Date.parse('2026-01-01T00:00:00Z') / 1000);

  beforeEach(() => {
    row = { ...row, signing_secret: secrets.seal(SIGNING_PURPOSE, secret) };
  });

  const sign = (t = now, parts: object = {}) =>
    signatureHeader(secret, t, { method: 'POST', path: '/itpay/v1/refunds?a=1', idempotencyKey: 'k', body, ...parts });

  const send = async (signature: string | undefined, sent: Uint8Array | null = body, more: object = {}) => {
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'k', 'itpay-signature': signature };
    const incoming = request({ method: 'POST', url: '/v1/refunds?a=1', headers, ...more });
    const subject = authenticator();
    const principal = await subject.authenticate(incoming);
    await subject.verifyBody!(incoming, principal!, sent);
  };

  it('passes with the signature over the public path, the query, the idempotency key and the bytes', async () => {
    await expect(send(sign())).resolves.toBeUndefined();
  });

  it.each([
    ['no signature', () => send(undefined)],
    ['a header of another form', () => send('v1=abc')],
    ['another body', () => send(sign(), Buffer.from('{"amount":2}'))],
    ['another method', () => send(sign(now, { method: 'PATCH' }))],
    ['another path', () => send(sign(now, { path: '/itpay/v1/voids?a=1' }))],
    ['the path below the mount only', () => send(sign(now, { path: '/v1/refunds?a=1' }))],
    ['another query', () => send(sign(now, { path: '/itpay/v1/refunds?a=2' }))],
    ['another idempotency key', () => send(sign(now, { idempotencyKey: 'l' }))],
    ['another time in the header', () => send(sign().replace(now, String(Number(now) + 1)))],
  ])('is refused with %s', async (_what, sent) => {
    await expect(sent()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(used.size).toBe(0);
  });

  it.each([
    [-300, undefined],
    [300, undefined],
    [-301, 'SIGNATURE_EXPIRED'],
    [301, 'SIGNATURE_EXPIRED'],
  ])('signed %i seconds away from now: %s', async (seconds, code) => {
    const sent = send(sign(String(Number(now) + seconds)));

    if (code === undefined) await expect(sent).resolves.toBeUndefined();
    else await expect(sent).rejects.toMatchObject({ code });
  });

  it('is refused when the same signature comes again, and passes with a fraction of the second', async () => {
    await send(sign());

    await expect(send(sign())).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('used before'),
    });
    await expect(send(sign(`${now}.5`))).resolves.toBeUndefined();
  });

  it('tells the host what to do when a body parser took the bytes', async () => {
    await expect(send(sign(), null)).rejects.toThrow('Mount ItPay before the body parser');
  });

  it('does not ask a key without signatures for one', async () => {
    row = { ...row, signing_secret: null };

    await expect(send(undefined, null)).resolves.toBeUndefined();
  });
});
