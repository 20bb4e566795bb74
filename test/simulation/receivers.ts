import type { SendRequest } from '@itpay/webhook';
import type { Weather } from './weather.js';
import type { Dice } from './dice.js';

export interface Delivered {
  readonly url: string;
  readonly event: string;
  readonly status: number;
}

/** The URLs of the endpoints: one receiver means well, one has bad days. */
export const ENDPOINTS = ['https://steady.example/hook', 'https://moody.example/hook'] as const;

/** Who is told of events, and what he answered. */
export class Receivers {
  readonly received: Delivered[] = [];
  readonly #weather: Weather;
  readonly #dice: Dice;

  constructor(weather: Weather, dice: Dice) {
    this.#weather = weather;
    this.#dice = dice;
  }

  take({ url, headers }: SendRequest): { readonly status: number; readonly retryAfter?: string } {
    const answer = this.#answer(url);
    this.received.push({ url, event: headers['webhook-id']!, status: answer.status });
    return answer;
  }

  #answer(url: string): { readonly status: number; readonly retryAfter?: string } {
    if (!this.#weather.chance(url === ENDPOINTS[1] ? 0.3 : this.#weather.refusals / 3)) return { status: 200 };
    const status = this.#dice.weighted([
      [6, 500],
      [3, 503],
      [2, 302],
      [1, 404],
      [url === ENDPOINTS[1] ? 0.3 : 0, 410],
    ]);
    return status === 503 ? { status, retryAfter: '90' } : { status };
  }
}
