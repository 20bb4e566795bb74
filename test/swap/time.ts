import { encodeId } from '@itpay/core';
import type { Clock, IdGenerator, Random } from '@itpay/kernel';

/** The time of the app: here, of a machine that lives in the year 2031. */
export const shopClock: Clock = { now: () => new Date(Date.now() + FIVE_YEARS_MS) };
const FIVE_YEARS_MS = 5 * 365 * 86_400_000;

/** Where the app gets unpredictable bytes from: a security module, say. */
export const shopRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** Makes ids that sort by time: UUIDv7, with a counter where two are made in one millisecond. (RFC 9562, 6.2 method 1) */
export function shopIds(clock: Clock, random: Random): IdGenerator {
  let [lastMs, made] = [0, 0];
  return {
    next(prefix) {
      const ms = Math.max(clock.now().getTime(), lastMs);
      made = ms === lastMs ? made + 1 : 0;
      lastMs = ms;
      const uuid = random.bytes(16);
      const view = new DataView(uuid.buffer, uuid.byteOffset);
      view.setBigUint64(0, (BigInt(ms) << 16n) | 0x7000n | BigInt(made >> 18));
      view.setUint32(8, (0x8000_0000 | ((made & 0x3ffff) << 12) | (view.getUint32(8) & 0xfff)) >>> 0);
      return encodeId(prefix, uuid);
    },
  };
}
