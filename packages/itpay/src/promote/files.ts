import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileBlobStore } from '@itpay/data';
import type { BlobStore } from '@itpay/kernel';

/** The files of an embedded directory: QR images and reports. */
export interface Files {
  readonly keys: readonly string[];
  /** Stores each under the same key; again changes nothing. */
  copyTo(store: BlobStore, onFile: (copied: number) => void): Promise<void>;
}

export async function filesOf(dataDir: string): Promise<Files> {
  const root = join(dataDir, 'blobs');
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const keys = found
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.')) // a dot: a file that was never finished
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
  const store = fileBlobStore(root);
  return {
    keys,
    async copyTo(target, onFile) {
      let copied = 0;
      for (const key of keys) {
        const bytes = await store.get(key);
        if (bytes !== null) await target.put(key, bytes);
        onFile((copied += 1));
      }
    },
  };
}
