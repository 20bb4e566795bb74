import { MAX_CACHED_BYTES, type Cache } from '@itpay/kernel';
import type { RedisClient } from './connect.js';
import type { Gate } from './gate.js';

/** Cache on Redis. What Redis does not answer is a miss. */
export function redisCache({ gate, prefix }: { gate: Gate; prefix: string }): Cache {
  const keyOf = (key: string) => `${prefix}:cache:${key}`;
  let closed = false;
  const ask = async <T>(question: (client: RedisClient) => Promise<T>): Promise<T | null> =>
    closed ? null : gate.ask(question).catch(() => null);

  return {
    get: async (key) => {
      // Both of one moment: the time that is left belongs to this value.
      const answers = await ask((client) => client.multi().getBuffer(keyOf(key)).pttl(keyOf(key)).exec());
      const [value, leftMs] = (answers ?? []).map(([error, answer]) => (error === null ? answer : null));
      // Whoever wrote a key without an end was not we.
      if (!Buffer.isBuffer(value) || typeof leftMs !== 'number' || leftMs <= 0) return null;
      return { value: Uint8Array.from(value), leftMs };
    },
    set: async (key, value, ttlMs) => {
      const ms = Math.ceil(ttlMs);
      if (ms > 0 && value.length <= MAX_CACHED_BYTES) {
        const bytes = Buffer.from(value); // a copy: it may wait, and its owner may go on writing
        await ask((client) => client.set(keyOf(key), bytes, 'PX', ms));
      } else {
        await ask((client) => client.unlink(keyOf(key)));
      }
    },
    delete: async (key) => {
      await ask((client) => client.unlink(keyOf(key)));
    },
    close: async () => {
      closed = true;
    },
  };
}
