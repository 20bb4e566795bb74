import type { Random, Secrets } from '@itpay/kernel';
import { newSecret } from '../signature.js';

/** How long the secret before still signs after a rotation, in milliseconds. */
export const OVERLAP_MS = 86_400_000;
/** Who rotates again and again within a day does not make the signature header grow for ever. */
const KEPT = 5;
/** The purpose under which the secrets of an endpoint are sealed. */
export const PURPOSE = 'webhook';
/** The same for stored answers that show one. */
export const ANSWER = 'webhook.answer';

interface KeptSecret {
  readonly secret: string;
  /** Until when it signs, ISO 8601; null: the current one. */
  readonly until: string | null;
}

/** The signing secrets of endpoints, as they lie in the database: sealed. */
export class EndpointSecrets {
  readonly #secrets: Secrets;
  readonly #random: Random;

  constructor(secrets: Secrets, random: Random) {
    this.#secrets = secrets;
    this.#random = random;
  }

  /** @returns a fresh secret, in clear for its owner and sealed for the database */
  create(): { readonly secret: string; readonly sealed: Uint8Array } {
    const secret = newSecret(this.#random);
    return { secret, sealed: this.#seal([{ secret, until: null }]) };
  }

  /** A fresh secret beside those that still sign: the current one for a day more. */
  rotate(sealed: Uint8Array, now: Date): { readonly secret: string; readonly sealed: Uint8Array } {
    const secret = newSecret(this.#random);
    const until = new Date(now.getTime() + OVERLAP_MS).toISOString();
    const before = this.#open(sealed).map((kept) => (kept.until === null ? { ...kept, until } : kept));
    const valid = before.filter((kept) => signs(kept, now));
    return { secret, sealed: this.#seal([{ secret, until: null }, ...valid].slice(0, KEPT)) };
  }

  /** Those that sign at this moment, newest first. */
  signing(sealed: Uint8Array, now: Date): readonly string[] {
    return this.#open(sealed)
      .filter((kept) => signs(kept, now))
      .map(({ secret }) => secret);
  }

  /** An answer that shows a secret, in the form in which its idempotency key keeps it. */
  sealAnswer(body: object): string {
    return JSON.stringify({ sealed: this.#secrets.seal(ANSWER, JSON.stringify(body)).toString('base64') });
  }

  openAnswer(stored: string): object {
    const { sealed } = JSON.parse(stored) as { sealed: string };
    return JSON.parse(this.#secrets.open(ANSWER, Buffer.from(sealed, 'base64')).toString()) as object;
  }

  #seal(kept: readonly KeptSecret[]): Uint8Array {
    return this.#secrets.seal(PURPOSE, JSON.stringify(kept));
  }

  #open(sealed: Uint8Array): readonly KeptSecret[] {
    return JSON.parse(this.#secrets.open(PURPOSE, sealed).toString()) as KeptSecret[];
  }
}

const signs = ({ until }: KeptSecret, now: Date) => until === null || now < new Date(until);
