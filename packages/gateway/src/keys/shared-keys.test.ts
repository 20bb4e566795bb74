import { secretsFrom, type Cache } from '@itpay/kernel';
import { fakeClock } from '@itpay/testkit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KEY_CACHE_MS, KeyCache } from './key-cache.js';
import { SharedKeys, type CheckedKeyRow } from './shared-keys.js';

const clock = fakeClock('2026-01-01T00:00:00Z');
const secrets = secretsFrom(['a-secret-key-for-tests-that-is-long-enough']);
let row: CheckedKeyRow;
const findRow = vi.fn<(keyId: string) => Promise<CheckedKeyRow | null>>();
let store: ReturnType<typeof mapCache>;

beforeEach(() => {
  clock.set('2026-01-01T00:00:00Z');
  row = {
    id: 'key_1',
    account: 'm_shop',
    livemode: true,
    key_id: 'abcdef123456',
    secret_hash: Buffer.alloc(32, 7),
    lineage: 'key_0',
    scopes: ['payments:read'],
    status: 'active',
    ip_allowlist: ['203.0.113.0/24'],
    signing_secret: Buffer.from([1, 2, 3]),
    api_version: '2026-01-01',
    expires_at: new Date('2026-06-01T00:00:00Z'),
  };
  findRow.mockReset().mockImplementation(async (keyId) => (keyId === row.key_id ? row : null));
  store = mapCache();
});

/** Goes by the fake clock, and shows what it holds. */
function mapCache(): Cache & { entries: Map<string, { value: Uint8Array; endMs: number }> } {
  const entries = new Map<string, { value: Uint8Array; endMs: number }>();
  const now = () => clock.now().getTime();
  return {
    entries,
    get: async (key) => {
      const entry = entries.get(key);
      return entry && entry.endMs > now() ? { value: entry.value, leftMs: entry.endMs - now() } : null;
    },
    set: async (key, value, ttlMs) => void entries.set(key, { value, endMs: now() + ttlMs }),
    delete: async (key) => void entries.delete(key),
    close: async () => {},
  };
}

/** A process of the installation, whose clock may be off. */
const processWith = ({ sealed = secrets, cache = store as Cache, offMs = 0 } = {}) => {
  const ownClock = { now: () => new Date(clock.now().getTime() + offMs) };
  return new KeyCache(findRow, ownClock, new SharedKeys(cache, sealed, ownClock, KEY_CACHE_MS));
};
const entry = () => store.entries.get('api_key:abcdef123456')!;

it('asks the database once for all processes', async () => {
  const first = await processWith().find('abcdef123456');

  expect(await processWith().find('abcdef123456')).toEqual(first);
  expect(first).toMatchObject({
    principal: { id: 'key_1', account: 'm_shop', livemode: true, scopes: ['payments:read'], apiVersion: '2026-01-01' },
    secretHash: row.secret_hash,
    signingSecret: row.signing_secret,
    expiresAtMs: row.expires_at!.getTime(),
  });
  expect(findRow).toHaveBeenCalledTimes(1);
});

it('does not share that a key does not exist', async () => {
  await processWith().find('zzzzzz999999');

  expect(store.entries.size).toBe(0);
});

it('shows neither hash nor secret nor scope to who reads the store', async () => {
  await processWith().find('abcdef123456');

  const text = Buffer.from(entry().value).toString('latin1');
  for (const part of [row.secret_hash.toString('base64').slice(0, 8), 'key_1', 'payments', 'm_shop']) {
    expect(text).not.toContain(part);
  }
});

describe('Ten seconds after it was read from the database', () => {
  it('is not used, however many processes handed it on', async () => {
    await processWith().find('abcdef123456');
    clock.advance(6_000);
    const second = processWith();
    await second.find('abcdef123456'); // handed on
    row = { ...row, status: 'revoked' };
    clock.advance(3_999);
    expect((await second.find('abcdef123456'))!.revoked).toBe(false);

    clock.advance(1);

    expect((await second.find('abcdef123456'))!.revoked).toBe(true);
    expect((await processWith().find('abcdef123456'))!.revoked).toBe(true);
  });

  it('is not used when the look-up itself took long', async () => {
    findRow.mockImplementationOnce(async () => {
      clock.advance(4_000);
      return row;
    });
    await processWith().find('abcdef123456');
    clock.advance(6_000);

    await processWith().find('abcdef123456');

    expect(findRow).toHaveBeenCalledTimes(2);
  });

  it.each([[-5_000], [5_000]])('is not used by a process whose clock is %i ms off', async (offMs) => {
    await processWith().find('abcdef123456');
    clock.advance(1_000);
    const other = processWith({ offMs });
    await other.find('abcdef123456');
    row = { ...row, status: 'revoked' };

    clock.advance(9_000);

    expect((await other.find('abcdef123456'))!.revoked).toBe(true);
  });

  it('is not used when somebody made the store keep it', async () => {
    await processWith().find('abcdef123456');
    entry().endMs = Infinity;
    row = { ...row, status: 'revoked' };

    clock.advance(KEY_CACHE_MS);

    expect((await processWith().find('abcdef123456'))!.revoked).toBe(true);
  });

  it('is not used when a slow process wrote it after the revocation', async () => {
    let arrive = (_row: CheckedKeyRow) => {};
    findRow.mockImplementationOnce(() => new Promise((resolve) => (arrive = resolve)));
    const slow = processWith();
    const before = slow.find('abcdef123456');
    await vi.waitFor(() => expect(findRow).toHaveBeenCalled());
    const old = row;
    row = { ...row, status: 'revoked' };
    await processWith().forget('abcdef123456'); // in the process that revokes; the slow one does not hear of it
    clock.advance(3_000);
    arrive(old);
    await before;
    expect((await processWith().find('abcdef123456'))!.revoked).toBe(false); // the race

    clock.advance(7_000);

    expect((await processWith().find('abcdef123456'))!.revoked).toBe(true);
    expect((await slow.find('abcdef123456'))!.revoked).toBe(true);
  });
});

it('is gone for everybody at once when the process that changed it says so', async () => {
  const changing = processWith();
  await changing.find('abcdef123456');
  row = { ...row, status: 'revoked' };

  await changing.forget('abcdef123456');

  expect((await processWith().find('abcdef123456'))!.revoked).toBe(true);
});

it('forgets all keys of the process when news may have been lost', async () => {
  const keys = processWith();
  await keys.find('abcdef123456');
  row = { ...row, status: 'revoked' };
  store.entries.clear();

  keys.forgetAll();

  expect((await keys.find('abcdef123456'))!.revoked).toBe(true);
});

describe('Who can write to the store', () => {
  const forgedRow = () => ({ ...row, scopes: ['keys:write'], account: 'm_victim', secret_hash: Buffer.alloc(32, 9) });
  const plain = () =>
    Buffer.from(JSON.stringify({ ...forgedRow(), secret_hash: 'CQk=', signing_secret: null, readAtMs: Date.now() }));

  it.each([
    ['an entry in clear', async () => plain()],
    ['nothing', async () => Buffer.alloc(0)],
    ['noise', async () => Buffer.alloc(500, 3)],
    [
      'an entry sealed under a key of its own',
      async () => sealedBy(secretsFrom(['another-secret-key-of-32-or-more-chars'])),
    ],
    ['what the installation sealed for something else', async () => secrets.seal('api-key-signing', plain())],
    ['an entry of which one bit is turned', async () => flipped()],
    ['an entry that is cut off', async () => (await genuine()).subarray(0, 40)],
  ])('cannot make anybody of %s', async (_what, forged) => {
    const value = await forged();
    store.entries.set('api_key:abcdef123456', { value, endMs: Infinity });
    findRow.mockClear();

    const found = await processWith().find('abcdef123456');

    expect(found!.principal).toMatchObject({ account: 'm_shop', scopes: ['payments:read'] });
    expect(findRow).toHaveBeenCalledTimes(1);
  });

  it('cannot make the entry of one key that of another', async () => {
    const admin = { ...row, key_id: 'admin0000000', id: 'key_admin', scopes: ['keys:write'] };
    findRow.mockImplementationOnce(async () => admin);
    await processWith().find('admin0000000');

    store.entries.set('api_key:abcdef123456', store.entries.get('api_key:admin0000000')!);

    expect((await processWith().find('abcdef123456'))!.principal.id).toBe('key_1');
  });

  async function sealedBy(sealed: ReturnType<typeof secretsFrom>): Promise<Uint8Array> {
    findRow.mockImplementationOnce(async () => forgedRow());
    await processWith({ sealed }).find('abcdef123456');
    return entry().value;
  }
  const genuine = () => sealedBy(secrets);
  async function flipped(): Promise<Uint8Array> {
    const value = Uint8Array.from(await genuine());
    value[value.length - 1]! ^= 1;
    return value;
  }
});

it('goes on with the database when the cache holds nothing and takes nothing', async () => {
  const cache: Cache = { get: async () => null, set: async () => {}, delete: async () => {}, close: async () => {} };

  expect((await processWith({ cache }).find('abcdef123456'))!.principal.id).toBe('key_1');
});
