import type { Dice } from './dice.js';

/** Where a call leaves a process. */
export type Port = 'database' | 'rail' | 'webhook' | 'blob' | 'answer';

/** What becomes of one call. */
export type Fate =
  | 'well'
  | 'later'
  /** Nothing was done, and the caller hears of an error; or it was done, and he does too. */
  | 'fails before'
  | 'fails after'
  /** No answer ever comes. */
  | 'silent before'
  | 'silent after'
  /** The process dies. */
  | 'dies before'
  | 'dies after';

const FATES: Readonly<Record<Port, readonly Fate[]>> = {
  database: ['fails before', 'fails after'],
  rail: ['fails before', 'fails after', 'silent before', 'silent after'],
  webhook: ['fails before', 'fails after', 'silent before', 'silent after'],
  blob: ['fails before', 'fails after'],
  // The client's connection breaks.
  answer: ['fails before'],
};

/** How many processes die in one history at most. */
const MOST_DEATHS = 3;

/** How bad it is in this history: some have one kind of trouble, some have all, some have none. */
export class Weather {
  readonly #dice: Dice;
  readonly #trouble: Readonly<Record<Port, number>>;
  readonly #death: number;
  /** How often a message between processes is lost or comes twice. */
  readonly news: number;
  /** How often the clock is set back, by seconds. */
  readonly clock: number;
  /** How often a healthy rail or receiver says no. */
  readonly refusals: number;
  #deaths = 0;
  #calm = false;

  constructor(dice: Dice) {
    this.#dice = dice;
    const rate = (most: number) => dice.one([0, 0, most / 4, most]);
    this.#trouble = {
      database: rate(0.03),
      rail: rate(0.3),
      webhook: rate(0.3),
      blob: rate(0.2),
      answer: rate(0.3),
    };
    this.#death = dice.one([0, 0.002, 0.006, 0.02]);
    this.news = rate(0.3);
    this.clock = rate(0.02);
    this.refusals = rate(0.3);
  }

  /** From now on everything goes well. */
  clear(): void {
    this.#calm = true;
  }

  get calm(): boolean {
    return this.#calm;
  }

  fate(port: Port): Fate {
    if (this.#calm) return 'well';
    if (this.#deaths < MOST_DEATHS && this.#dice.chance(this.#death)) {
      this.#deaths += 1;
      return this.#dice.one(['dies before', 'dies after']);
    }
    if (this.#dice.chance(this.#trouble[port])) return this.#dice.one(FATES[port]);
    return this.#dice.chance(0.02) ? 'later' : 'well';
  }

  chance(probability: number): boolean {
    return !this.#calm && this.#dice.chance(probability);
  }

  toString(): string {
    const rates = { ...this.#trouble, death: this.#death, news: this.news, clock: this.clock, refusals: this.refusals };
    return Object.entries(rates)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  }
}
