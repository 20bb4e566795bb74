import { MAX_CACHED_BYTES, type Cache } from '@itpay/kernel';

/** Of 1 kB each, 10 MB. */
const MOST_ENTRIES = 10_000;

/** Cache for one process. When it is full, it forgets what was used longest ago. */
export function memoryCache({ mostEntries = MOST_ENTRIES }: { mostEntries?: number } = {}): Cache {
  // In the order of their last use: a Map keeps the order in which keys were set.
  const entries = new Map<string, { readonly value: Uint8Array; readonly endMs: number }>();

  return {
    get: async (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      entries.delete(key);
      const leftMs = entry.endMs - performance.now();
      if (leftMs <= 0) return null;
      entries.set(key, entry);
      return { value: Uint8Array.from(entry.value), leftMs };
    },
    set: async (key, value, ttlMs) => {
      entries.delete(key);
      if (ttlMs <= 0 || value.length > MAX_CACHED_BYTES) return;
      if (entries.size >= mostEntries) entries.delete(entries.keys().next().value!);
      entries.set(key, { value: Uint8Array.from(value), endMs: performance.now() + ttlMs });
    },
    delete: async (key) => {
      entries.delete(key);
    },
    close: async () => entries.clear(),
  };
}
