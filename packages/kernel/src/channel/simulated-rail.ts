import type { Money } from '@itpay/core';
import { point } from '../token.js';

/** Money that arrived, as a bank would report it. */
export interface Credit {
  /** The bank's own number of the transfer. */
  readonly channelTransactionId: string;
  readonly amount: Money;
  readonly paidAt: Date;
}

/**
 * The payer of a rail in test mode. It knows only what a wallet knows: the text of the QR code.
 */
export interface SimulatedRail {
  /** The channel that it stands in for: `promptpay`. */
  readonly channel: string;
  /** Scans the code and pays what it asks for. @throws when the code is not payable on this simulated rail */
  pay(qrData: string): Credit;
}

/** Extension point: the rails of test mode. */
export const SimulatedRails = point<SimulatedRail>('simulated-rails');
