import { RailError, type RailAnswer, type RailRequest } from '@itpay/kernel';
import { signed } from '@itpay/testkit/fake-rail';
import { Bank } from '../../packages/testkit/src/fake-rail/bank.js';
import type { BookEntry } from '../../packages/testkit/src/fake-rail/books.js';
import { Refusal } from '../../packages/testkit/src/fake-rail/refusal.js';
import { perform, readRequest } from '../../packages/testkit/src/fake-rail/requests.js';
import { refusal } from '../../packages/testkit/src/fake-rail/respond.js';
import { isSigned, SIGNATURE_HEADER } from '../../packages/testkit/src/fake-rail/signature.js';
import type { RefusalCode, WireEvent } from '../../packages/testkit/src/fake-rail/wire.js';

export const RAIL_SECRET = 'what the shop and its bank share';
export const MERCHANT = 'shop-test';

/** What the rail makes of a request beyond doing it: a refusal, or an answer that proves nothing. */
export type Mood = 'well' | RefusalCode | 'forged answer' | 'processing';

/** The fake rail without its server: a request is one call, and what it wants to tell is handed to whoever listens. */
export class Rail {
  readonly bank: Bank;
  readonly #now: () => Date;

  constructor(seed: number, now: () => Date, notify: (event: WireEvent, url: string) => void) {
    this.#now = now;
    this.bank = new Bank({ seed: String(seed), journal: () => {}, notify });
  }

  get entries(): readonly BookEntry[] {
    return this.bank.books().entries;
  }

  /** The orders of one purchase, by its name, which the shop gives them as their description. */
  ordersOf(name: string): BookEntry[] {
    return this.entries.filter(({ order }) => order?.description === name);
  }

  /** Does what is asked and answers, signed, as the server does. */
  answer(request: RailRequest, mood: Mood): RailAnswer {
    this.bank.settings.now = this.#now();
    const { status, body } = this.#reply(request, mood);
    const asked = request.headers[SIGNATURE_HEADER] ?? '';
    const secret = mood === 'forged answer' ? 'another one' : RAIL_SECRET;
    const headers = signed(secret, { kind: 'answer', request: asked, status, body });
    return { status, headers, body: Buffer.from(body) };
  }

  /** What a payer or the bank itself does. @returns how it went */
  act(doing: (bank: Bank) => void): string {
    this.bank.settings.now = this.#now();
    try {
      doing(this.bank);
      return 'ok';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }

  /** An event as the rail sends it at this moment; or as somebody does who does not know the secret. */
  callback(
    event: object,
    { secret = RAIL_SECRET, at = this.#now() } = {},
  ): { headers: Record<string, string>; body: string } {
    const body = JSON.stringify(event);
    return { headers: signed(secret, { kind: 'callback', body }, at), body };
  }

  #reply({ method, url, headers, body = '' }: RailRequest, mood: Mood): { status: number; body: string } {
    const { pathname: path } = new URL(url);
    if (!isSigned(RAIL_SECRET, { kind: 'request', method, path, body }, headers)) return answerOf('unauthorized');
    const request = readRequest(method, path, Buffer.from(body));
    if (request === null) return answerOf('not_found');
    const { operation, merchant, reference, key } = request;
    if (operation !== 'fetchStatement') this.bank.receive(operation, merchant, reference, key);
    if (mood !== 'well' && mood !== 'forged answer' && mood !== 'processing') return answerOf(mood);
    try {
      const done = perform(this.bank, request, mood === 'processing' ? 'processing' : 'succeeded');
      return { status: 200, body: JSON.stringify(done) };
    } catch (error) {
      if (error instanceof Refusal) return answerOf(error.code);
      throw error;
    }
  }
}

function answerOf(code: RefusalCode): { status: number; body: string } {
  const { status, body } = refusal(code, 'No.') as { status: number; body: string };
  return { status, body };
}

/** The connection broke before the rail had the request, or nobody knows when. */
export const unreachable = () => new RailError({ category: 'not_connected', rawCode: 'ECONNREFUSED' });
export const brokenOff = () => new RailError({ category: 'network', rawCode: 'ECONNRESET' });
