import { MAX_CACHED_BYTES, type Cache } from '@itpay/kernel';
import { afterEach, beforeEach, expect, it } from './vitest.js';

/** What every driver behind the port `Cache` does. */
export function cacheContract(open: () => Promise<Cache>): void {
  let cache: Cache;
  beforeEach(async () => {
    cache = await open();
  });
  afterEach(() => cache.close());
  const bytes = (text: string) => new TextEncoder().encode(text);
  const read = async (key: string) => {
    const hit = await cache.get(key);
    return hit && new TextDecoder().decode(hit.value);
  };

  it('finds what was stored, and nothing else', async () => {
    await cache.set('one', bytes('1'), 60_000);
    await cache.set('two', bytes('2'), 60_000);

    expect([await read('one'), await read('two'), await read('three')]).toEqual(['1', '2', null]);
  });

  it('keeps every byte', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await cache.set('all', all, 60_000);
    await cache.set('none', new Uint8Array(), 60_000);

    expect([...(await cache.get('all'))!.value]).toEqual([...all]);
    expect((await cache.get('none'))!.value).toHaveLength(0);
  });

  it('keeps what it was given, whatever becomes of the bytes afterwards', async () => {
    const given = bytes('before');
    await cache.set('key', given, 60_000);
    given.fill(0);
    (await cache.get('key'))!.value.fill(0);

    expect(await read('key')).toBe('before');
  });

  it('takes any text as a key', async () => {
    const keys = ['it\'s "odd"', '{a}:{b}', '上海', 'with\nline', 'x'.repeat(200)];
    for (const key of keys) await cache.set(key, bytes(key), 60_000);

    for (const key of keys) expect(await read(key)).toBe(key);
  });

  it('replaces value and time', async () => {
    await cache.set('key', bytes('old'), 50);
    await cache.set('key', bytes('new'), 60_000);
    await new Promise((resolve) => setTimeout(resolve, 80));

    expect(await read('key')).toBe('new');
  });

  it('says for how long it will be found', async () => {
    await cache.set('key', bytes('1'), 60_000);

    const { leftMs } = (await cache.get('key'))!;

    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });

  it('forgets after the time', async () => {
    await cache.set('key', bytes('1'), 60.7); // a fraction of a millisecond is no error
    expect(await read('key')).toBe('1');

    await new Promise((resolve) => setTimeout(resolve, 90));

    expect(await read('key')).toBeNull();
  });

  it.each([[0], [-1]])('keeps nothing for a time of %j, not even what was there', async (ttlMs) => {
    await cache.set('key', bytes('old'), 60_000);
    await cache.set('key', bytes('new'), ttlMs);

    expect(await read('key')).toBeNull();
  });

  it('does not keep what is too long, nor what it would have replaced', async () => {
    await cache.set('key', bytes('old'), 60_000);
    await cache.set('key', new Uint8Array(MAX_CACHED_BYTES + 1), 60_000);
    await cache.set('longest', new Uint8Array(MAX_CACHED_BYTES), 60_000);

    expect(await read('key')).toBeNull();
    expect((await cache.get('longest'))!.value).toHaveLength(MAX_CACHED_BYTES);
  });

  it('deletes, also what is not there', async () => {
    await cache.set('key', bytes('1'), 60_000);
    await cache.delete('key');
    await cache.delete('key');

    expect(await read('key')).toBeNull();
  });

  it('misses after close, without an error', async () => {
    await cache.set('key', bytes('1'), 60_000);
    await cache.close();

    expect(await cache.get('key')).toBeNull();
    await cache.set('other', bytes('1'), 60_000);
    await cache.delete('key');
  });
}
