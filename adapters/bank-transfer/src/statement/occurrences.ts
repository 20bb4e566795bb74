import { createHash, randomBytes } from 'node:crypto';

const SMALLEST = 1024;

/**
 * Counts how often each of many texts came, in some 30 bytes for each, so that a file of millions of lines can be read. Of a
 * text it keeps 64 bits of its digest; among ten million the chance that two share them is one in 370,000.
 */
export class Occurrences {
  // Payers write part of the texts, and could look for two with the same bits beforehand.
  readonly #salt = randomBytes(16);
  #digests = new BigUint64Array(SMALLEST);
  #counts = new Uint32Array(SMALLEST);
  #size = 0;

  /** How often the text has come, this time included. */
  add(text: string): number {
    if (this.#size * 2 >= this.#digests.length) this.#grow();
    const slot = this.#slotOf(createHash('sha256').update(this.#salt).update(text).digest().readBigUInt64LE());
    if (this.#counts[slot] === 0) this.#size += 1;
    return (this.#counts[slot]! += 1);
  }

  /** Where the digest is, or where it goes. */
  #slotOf(digest: bigint): number {
    const last = this.#digests.length - 1;
    let slot = Number(digest & BigInt(last));
    while (this.#counts[slot] !== 0 && this.#digests[slot] !== digest) slot = (slot + 1) & last;
    this.#digests[slot] = digest;
    return slot;
  }

  #grow(): void {
    const digests = this.#digests;
    const counts = this.#counts;
    this.#digests = new BigUint64Array(digests.length * 2);
    this.#counts = new Uint32Array(digests.length * 2);
    for (const [index, count] of counts.entries()) {
      if (count > 0) this.#counts[this.#slotOf(digests[index]!)] = count;
    }
  }
}
