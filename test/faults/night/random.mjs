import { createHash } from 'node:crypto';

/**
 * Numbers that look random and are the same for the same seed. What the machine makes of them is not: processes and networks
 * have a time of their own.
 *
 * @param {string} seed
 */
export function seeded(seed) {
  let drawn = 0;
  const next = () => createHash('sha256').update(`${seed}:${drawn++}`).digest().readUInt32BE() / 2 ** 32;
  return {
    next,
    /** @param {number} n a whole number from 0 to n - 1 */
    below: (n) => Math.floor(next() * n),
    /** @param {number} probability */
    chance: (probability) => next() < probability,
    /** @template T @param {readonly T[]} items @returns {T} */
    pick: (items) => /** @type {T} */ (items[Math.floor(next() * items.length)]),
  };
}

/** @typedef {ReturnType<typeof seeded>} Random */
