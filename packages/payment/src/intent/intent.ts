import type { Money } from '@itpay/core';
import type { OperationKind, OperationState } from '@itpay/kernel';
import type { QrCharge } from '../qr-charge/qr-charge.js';
import type { IntentStatus } from './machine.js';

/** One purchase: what is paid, to whom, over which rail, and how far it has come. */
export interface PaymentIntent {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: 'one_time';
  readonly status: IntentStatus;
  readonly amount: Money;
  /** In the currency of `amount`, minor units. */
  readonly amountCaptured: bigint;
  readonly amountRefunded: bigint;
  readonly description: string | null;
  /** The host's own order number. */
  readonly orderReference: string | null;
  readonly payer: Payer | null;
  /** Where its order is now, or was; of a paid one, the channel over which it was paid. */
  readonly channel: string;
  /** Those that can take it, the preferred first. Before a QR was shown it may move from one to the next. */
  readonly allowedChannels: readonly string[];
  /** Who receives the money, as the rail names it. */
  readonly merchantAccount: string;
  /** `manual`: the rail holds the money until it is captured. */
  readonly captureMethod: 'automatic' | 'manual';
  /** Our order number at the channel, and the channel's own number of the payment. */
  readonly channelReference: string;
  readonly channelTransactionId: string | null;
  /** The money came after the intent was closed, and the merchant's policy accepts that. */
  readonly latePayment: boolean;
  /** Why it failed. */
  readonly failure: IntentFailure | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly returnUrl: string | null;
  /** Grows by one with each change. */
  readonly version: number;
  /** The sequence of its latest event. */
  readonly sequence: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
  /** Seconds, as its creator asked; null: what is usual on its channel. */
  readonly expiresIn: number | null;
  readonly authorizedAt: Date | null;
  readonly capturedAt: Date | null;
  readonly succeededAt: Date | null;
  readonly closedAt: Date | null;
}

export interface IntentFailure {
  /** A code of ours. */
  readonly code: string;
  readonly category: string;
  readonly message: string;
}

export interface Payer {
  readonly agentId: string | null;
  readonly humanId: string | null;
}

/** An intent together with the QR that is shown for it; null once there is nothing to scan. */
export interface PresentedIntent {
  readonly intent: PaymentIntent;
  readonly qr: QrCharge | null;
  /** The latest channel operation that has not succeeded; null when there is none. */
  readonly operation: OperationMark | null;
}

/** How far a call to the channel has come. */
export interface OperationMark {
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly nextQueryAt: Date | null;
}
