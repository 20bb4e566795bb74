import type { Money } from '@itpay/core';
import type { PaymentInstruction } from '@itpay/kernel';
import type { IntentStatus } from './intent/machine.js';

/** What a payer may see of an intent: enough to pay and to know that it was paid, nothing of the merchant's own. */
export interface PayerView {
  readonly intentId: string;
  readonly livemode: boolean;
  readonly status: IntentStatus;
  readonly amount: Money;
  readonly description: string | null;
  /** The shop's order number: what a payer gives when something is wrong. */
  readonly orderReference: string | null;
  /** The host's name for the shop. */
  readonly merchantName: string;
  readonly channel: { readonly id: string; readonly displayName: string };
  readonly version: number;
  readonly expiresAt: Date;
  readonly succeededAt: Date | null;
  /** Where the payer goes back to. */
  readonly returnUrl: string | null;
  /** Null once the intent is paid or closed. */
  readonly qr: {
    readonly chargeId: string;
    readonly svg: string;
    /** Opens the payer's wallet on the same phone; null where the channel has no such link. */
    readonly deepLink: string | null;
    /** False for a text that no bank app reads as a code; the payer types the instructions. */
    readonly scannable: boolean;
    /** What a payer types who cannot scan; empty where a channel has nothing of the kind. */
    readonly instructions: readonly PaymentInstruction[];
  } | null;
}
