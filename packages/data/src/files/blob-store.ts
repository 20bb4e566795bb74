import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BlobStore } from '@itpay/kernel';
import { blobKey } from '../blob-key.js';

/** Blobs as files below a directory, which is made when the first one is stored. */
export function fileBlobStore(directory: string): BlobStore {
  const root = resolve(directory);

  return {
    async put(key, bytes) {
      const file = fileOf(root, key);
      // Beside the directory tree of keys' names: a key cannot begin with a dot.
      const unfinished = join(root, `.${randomUUID()}`);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      try {
        await writeDurably(unfinished, bytes);
        await rename(unfinished, file);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },

    async get(key) {
      try {
        return await readFile(fileOf(root, key));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },

    async delete(key) {
      try {
        await rm(fileOf(root, key), { force: true });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

// No part of a key begins with a dot, so none leads onto an unfinished file either.
const fileOf = (root: string, key: string) => join(root, blobKey(key));

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync(); // else a power cut may leave the name with an empty file
  } finally {
    await handle.close();
  }
}

// ENOTDIR: `a/b` where `a` is a blob. EISDIR: `a` where `a/b` is one.
const isMissing = (error: unknown) =>
  ['ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
