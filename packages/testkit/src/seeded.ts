import { createHash } from 'node:crypto';
import { encodeId } from '@itpay/core';
import type { Clock, IdGenerator, Random } from '@itpay/kernel';

/**
 * Bytes that look random and are the same in every run with the same seed, so that a whole system can be replayed.
 * Never for live secrets: who knows the seed knows them all.
 */
export function seededRandom(seed: number | string): Random {
  let blocks = 0;
  let rest = Buffer.alloc(0);
  return {
    bytes(length) {
      while (rest.length < length) {
        const block = createHash('sha256').update(`${seed}:${blocks++}`).digest();
        rest = Buffer.concat([rest, block]);
      }
      const taken = Uint8Array.from(rest.subarray(0, length));
      rest = rest.subarray(length);
      return taken;
    },
  };
}

/**
 * Ids that are the same in every run with the same seed and clock. Each holds a valid UUIDv7 with the clock's time; ids
 * made while the clock stands still sort in the order in which they were made, as the real generator's do.
 */
export function seededIds(clock: Clock, seed: number | string): IdGenerator {
  const random = seededRandom(seed);
  let made = 0;
  return { next: (prefix) => encodeId(prefix, uuidV7(clock.now(), made++, random)) };
}

// Milliseconds in 48 bits, the version, 12 bits, the variant, 62 bits. The counter takes the 12 bits and the first 14 of
// the 62, enough for 67 million ids. (RFC 9562, 5.7 and 6.2 method 1)
function uuidV7(now: Date, counter: number, random: Random): Uint8Array {
  const uuid = new Uint8Array(16);
  const view = new DataView(uuid.buffer);
  const ms = BigInt(now.getTime());
  view.setUint32(0, Number(ms >> 16n));
  view.setUint16(4, Number(ms & 0xffffn));
  view.setUint16(6, 0x7000 | ((counter >> 14) & 0xfff));
  view.setUint16(8, 0x8000 | (counter & 0x3fff));
  uuid.set(random.bytes(6), 10);
  return uuid;
}
