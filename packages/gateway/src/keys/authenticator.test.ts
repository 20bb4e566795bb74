import { fakeClock, seededRandom } from '@itpay/testkit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { request } from '../../test/fakes.js';
import { apiKeyAuthenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { formatKey, hashSecret, newKeyText } from './key-text.js';
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
    expires_at: null,
    created_at: clock.now(),
    revoked_at: null,
  };
  findRow.mockReset().mockImplementation(async (keyId) => (keyId === row.key_id ? row : null));
  cache = new KeyCache(findRow, clock);
});

const authenticate = (authorization?: string) =>
  apiKeyAuthenticator(cache, clock).authenticate(request({ headers: { authorization } }));

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
