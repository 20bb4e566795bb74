import type { Money } from '@itpay/core';
import { point } from '../token.js';
import type { Credit } from './channel.js';

/**
 * The payer of a rail in test mode. It knows only what a wallet knows: the text of the QR code.
 */
export interface SimulatedRail {
  /** The channel that it stands in for: `promptpay`. */
  readonly channel: string;
  /**
   * Scans a code.
   *
   * @returns what it asks for
   * @throws ItPayError when the code is not payable on this simulated rail
   */
  scan(qrData: string): Money;
  /** Sends money to the payee of the rail, as much as the payer likes. */
  transfer(amount: Money): Credit;
}

/** Extension point: the rails of test mode. */
export const SimulatedRails = point<SimulatedRail>('simulated-rails');
