import type { BlobStore } from '@itpay/kernel';
import { expect, it } from './vitest.js';

/** What every driver behind the port `BlobStore` does. */
export function blobStoreContract(open: () => BlobStore): void {
  const bytes = (...values: number[]) => new Uint8Array(values);
  const read = async (store: BlobStore, key: string) => {
    const found = await store.get(key);
    return found && [...found];
  };

  it('gives back what was stored', async () => {
    const store = open();
    await store.put('qr/2026/qr_01j-a.png', bytes(0, 255, 10));

    expect(await read(store, 'qr/2026/qr_01j-a.png')).toEqual([0, 255, 10]);
  });

  it('answers null for a key that it does not have', async () => {
    expect(await open().get('qr/none.png')).toBeNull();
  });

  it('replaces a blob as a whole', async () => {
    const store = open();
    await store.put('a', bytes(1, 2, 3));
    await store.put('a', bytes(4));

    expect(await read(store, 'a')).toEqual([4]);
  });

  it('never shows half a blob while it is replaced', async () => {
    const store = open();
    const [small, large] = [Buffer.alloc(10, 1), Buffer.alloc(500_000, 2)];
    await store.put('a', small);

    const writing = Promise.all([store.put('a', large), store.put('a', small), store.put('a', large)]);
    const sizes = await Promise.all(Array.from({ length: 20 }, async () => (await store.get('a'))?.length));
    await writing;

    expect(sizes.filter((size) => size !== small.length && size !== large.length)).toEqual([]);
  });

  it('stores an empty blob', async () => {
    const store = open();
    await store.put('empty', bytes());

    expect(await read(store, 'empty')).toEqual([]);
  });

  it('deletes, also what is not there', async () => {
    const store = open();
    await store.put('a', bytes(1));
    await store.delete('a');
    await store.delete('a');

    expect(await store.get('a')).toBeNull();
  });
}
