import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { blobStoreContract } from '@itpay/testkit';
import { fileBlobStore } from './blob-store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'itpay-blobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

blobStoreContract(() => fileBlobStore(join(folder, 'blobs')), { noDownloadUrl: 'a file has no address of its own' });

it.each(['../out', '/etc/passwd', 'a/../../out', '.hidden', 'a//b', 'a/', '', 'a\\b', 'a b', 'a\0', 'x'.repeat(513)])(
  'refuses the key %j, which could leave the directory',
  async (key) => {
    const store = fileBlobStore(join(folder, 'blobs'));

    await expect(store.put(key, new Uint8Array())).rejects.toThrow('is not allowed');
    await expect(store.get(key)).rejects.toThrow('is not allowed');
    await expect(store.delete(key)).rejects.toThrow('is not allowed');
  },
);

it('leaves no unfinished file behind when it cannot store', async () => {
  const store = fileBlobStore(folder);
  await store.put('a/b', new Uint8Array([1]));

  await expect(store.put('a', new Uint8Array([2]))).rejects.toThrow();

  expect(await readdir(folder)).toEqual(['a']);
});
