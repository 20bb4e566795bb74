/** How many questions may be open or have proved nothing, and after which time one of them is forgotten. */
const CAPACITY = 30;
const REFILL_MS = 2_000;

/** Keeps strangers from making us ask: a question that proves something costs nothing, any other one a while. */
export class QuestionBudget {
  readonly #now: () => Date;
  #left = CAPACITY;
  #countedAt: number;

  constructor(now: () => Date) {
    this.#now = now;
    this.#countedAt = now().getTime();
  }

  /** False when nothing is left for now. */
  take(): boolean {
    const now = this.#now().getTime();
    this.#countedAt = Math.min(this.#countedAt, now); // A clock may be set back.
    const refilled = Math.floor((now - this.#countedAt) / REFILL_MS);
    this.#left = Math.min(CAPACITY, this.#left + refilled);
    this.#countedAt = this.#left === CAPACITY ? now : this.#countedAt + refilled * REFILL_MS;
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  giveBack(): void {
    this.#left = Math.min(CAPACITY, this.#left + 1);
  }
}
