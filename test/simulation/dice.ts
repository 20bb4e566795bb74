/** Every choice of a history comes from one of these, so that the seed decides them all. */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  // sfc32: passes PractRand, and needs nothing but 32-bit integers, which are the same on every machine.
  constructor(seed: number) {
    [this.#a, this.#b, this.#c, this.#d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
    for (let n = 0; n < 12; n += 1) this.#next();
  }

  /** From 0 up to 1, which is not among them. */
  fraction(): number {
    return this.#next() / 4_294_967_296;
  }

  /** A whole number from `0` to `n - 1`. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }

  /** From `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** One of the entries, the heavier the likelier. */
  weighted<T>(entries: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.fraction() * entries.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of entries) if ((left -= weight) < 0) return value;
    return entries.at(-1)![1];
  }

  #next(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }
}
