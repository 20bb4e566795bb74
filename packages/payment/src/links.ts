import type { DisplayTokens } from '@itpay/kernel';

/** Absolute URLs that a payer may open. They carry a display token and are built from the configured public URL. */
export class Links {
  readonly #publicUrl: string;
  readonly #tokens: DisplayTokens;

  constructor(publicUrl: string, tokens: DisplayTokens) {
    this.#publicUrl = publicUrl;
    this.#tokens = tokens;
  }

  payPage(intentId: string): string {
    return `${this.#publicUrl}/pay/${intentId}?t=${this.#tokens.issue(intentId)}`;
  }

  /** All URLs of an intent and its QR; the token is signed once. */
  forCharge(intentId: string, chargeId: string): { payPage: string; png: string; svg: string } {
    const displayToken = this.#tokens.issue(intentId);
    const image = `${this.#publicUrl}/v1/qr-charges/${chargeId}/image`;
    return {
      payPage: `${this.#publicUrl}/pay/${intentId}?t=${displayToken}`,
      png: `${image}.png?t=${displayToken}`,
      svg: `${image}.svg?t=${displayToken}`,
    };
  }
}
