import type { BlobStore } from '@itpay/kernel';
import { expect, it } from './vitest.js';

export interface BlobStoreContractOptions {
  /** Why the store has no `downloadUrl`: the cases about it show as skipped, with this reason in their name. */
  readonly noDownloadUrl?: string;
}

/**
 * What every driver behind the port `BlobStore` does.
 *
 * @param open a store in which nothing lies under the keys of the cases
 */
export function blobStoreContract(
  open: () => BlobStore | Promise<BlobStore>,
  { noDownloadUrl }: BlobStoreContractOptions = {},
): void {
  const bytes = (...values: number[]) => new Uint8Array(values);
  const read = async (store: BlobStore, key: string) => {
    const found = await store.get(key);
    return found && [...found];
  };

  it('gives back what was stored', async () => {
    const store = await open();
    await store.put('qr/2026/qr_01j-a.png', bytes(0, 255, 10));

    expect(await read(store, 'qr/2026/qr_01j-a.png')).toEqual([0, 255, 10]);
  });

  it('answers null for a key that it does not have', async () => {
    const store = await open();

    expect(await store.get('qr/none.png')).toBeNull();
  });

  it('replaces a blob as a whole', async () => {
    const store = await open();
    await store.put('a', bytes(1, 2, 3));
    await store.put('a', bytes(4));

    expect(await read(store, 'a')).toEqual([4]);
  });

  it('never shows half a blob while it is replaced', async () => {
    const store = await open();
    const [small, large] = [Buffer.alloc(10, 1), Buffer.alloc(500_000, 2)];
    await store.put('a', small);

    const writing = Promise.all([store.put('a', large), store.put('a', small), store.put('a', large)]);
    const sizes = await Promise.all(Array.from({ length: 20 }, async () => (await store.get('a'))?.length));
    await writing;

    expect(sizes.filter((size) => size !== small.length && size !== large.length)).toEqual([]);
  });

  it('stores an empty blob', async () => {
    const store = await open();
    await store.put('empty', bytes());

    expect(await read(store, 'empty')).toEqual([]);
  });

  it('deletes, also what is not there', async () => {
    const store = await open();
    await store.put('a', bytes(1));
    await store.delete('a');
    await store.delete('a');

    expect(await store.get('a')).toBeNull();
  });

  if (noDownloadUrl !== undefined) {
    it('has no addresses of its own', async () => {
      expect((await open()).downloadUrl).toBeUndefined();
    });
  }
  for (const [title, check] of Object.entries(linkCases)) {
    const run = async () => check(await open());
    if (noDownloadUrl === undefined) it(title, run);
    else it.skip(`${title} [excused: ${noDownloadUrl}]`, run);
  }
}

const CSV = { expiresInSeconds: 60, fileName: 'fees-2026-11.csv', contentType: 'text/csv; charset=utf-8' };

const linkCases: Readonly<Record<string, (store: BlobStore) => Promise<void>>> = {
  async 'gives an address that opens without a key, with the name and the type of the file'(store) {
    await store.put('reports/one', Buffer.from('day,fee\r\n'));

    const answer = await fetch(await store.downloadUrl!('reports/one', CSV));

    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 200, text: 'day,fee\r\n' });
    expect(answer.headers.get('content-type')).toBe(CSV.contentType);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="fees-2026-11\.csv"/);
  },

  async 'gives an address that opens this blob, and no other'(store) {
    await store.put('reports/one', Buffer.from('one'));
    await store.put('reports/two', Buffer.from('two'));

    const address = await store.downloadUrl!('reports/one', CSV);
    const changed = await fetch(address.replace('reports/one', 'reports/two'));

    expect(changed.status).toBeGreaterThanOrEqual(400);
    expect(await changed.text()).not.toBe('two');
  },

  async 'gives an address also where there is nothing'(store) {
    const answer = await fetch(await store.downloadUrl!('reports/none', CSV));

    expect(answer.status).toBe(404);
    await answer.arrayBuffer();
  },

  async 'signs no address for longer than a week'(store) {
    for (const expiresInSeconds of [0, 1.5, 604_801, Number.NaN]) {
      await expect(store.downloadUrl!('reports/one', { ...CSV, expiresInSeconds })).rejects.toThrow('expiresInSeconds');
    }
  },
};
