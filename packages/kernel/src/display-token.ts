import { isId } from '@itpay/core';
import type { Secrets } from './ports/secrets.js';
import { token, type Token } from './token.js';

const PURPOSE = 'display-token';
const MAC_BYTES = 16;

/**
 * What a payer holds instead of a key: it stands for one intent, and shows that intent, its QR and its status.
 *
 * The token says which intent it is for and carries a signature, so checking it takes no look-up. It ends with the intent:
 * who serves a token checks how long ago the intent was closed.
 */
export class DisplayTokens {
  static readonly token: Token<DisplayTokens> = token<DisplayTokens>('display-tokens');

  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  issue(intentId: string): string {
    const mac = this.#secrets.sign(PURPOSE, intentId).subarray(0, MAC_BYTES);
    return `${intentId.slice('pi_'.length)}.${mac.toString('base64url')}`;
  }

  /** @returns the intent's id, or null when the token was not issued by us */
  verify(displayToken: string): string | null {
    const [suffix, mac, ...more] = displayToken.split('.');
    const intentId = `pi_${suffix}`;
    if (mac === undefined || more.length > 0 || !isId('pi', intentId)) return null;
    const signature = Buffer.from(mac, 'base64url');
    // Decoding is lenient; a token has one spelling.
    if (signature.length !== MAC_BYTES || signature.toString('base64url') !== mac) return null;
    return this.#secrets.verify(PURPOSE, intentId, signature) ? intentId : null;
  }
}
