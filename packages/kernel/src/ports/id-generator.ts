import { randomFillSync } from 'node:crypto';
import { encodeId, type IdPrefix } from '@itpay/core';
import { V7Generator } from 'uuidv7';
import { token } from '../token.js';

/** Makes ids: a prefix and a UUIDv7 in base32, so that ids of one kind sort by time of creation. */
export interface IdGenerator {
  next(prefix: IdPrefix | (string & {})): string;
}
export const IdGenerator = token<IdGenerator>('id-generator');

/** Ids are monotone within a process, also within one millisecond. */
export function uuidV7Ids(): IdGenerator {
  const generator = new V7Generator({ nextUint32: randomUint32s() });
  return { next: (prefix) => encodeId(prefix, generator.generate().bytes) };
}

/** Draws from a block of random words: asking the system anew for each id would cost more than all the rest of it. */
function randomUint32s(): () => number {
  const block = new Uint32Array(1_024);
  let next = block.length;
  return () => {
    if (next === block.length) {
      randomFillSync(block);
      next = 0;
    }
    return block[next++]!;
  };
}
