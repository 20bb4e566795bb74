import type { Money } from '@itpay/core';
import { point } from '../token.js';
import type { Credit } from './channel.js';

/**
 * The payer of a rail in test mode, for a channel that builds its codes itself. It knows only what a wallet knows: the text
 * of the QR code.
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

/**
 * The payer of a rail in test mode, for a channel that opens orders over a network. The rail's simulator is a server of its
 * own; what the payer does there reaches us as from the real rail, by notifications and by questions.
 */
export interface NetworkedSimulatedRail {
  readonly channel: string;
  /**
   * Lets the payer act. Called with no transaction open.
   *
   * @throws ItPayError `PARAMETER_INVALID` when the payer cannot do this now, `CHANNEL_UNAVAILABLE` when the simulator does
   *   not answer
   */
  play(act: PayerAct): Promise<void>;
}

/** What the payer does. */
export interface PayerAct {
  readonly action: 'scan' | 'decline' | 'pay';
  /** The text of the code; where it is no longer shown, the order number. */
  readonly reference: string;
  /** Left out: what the order asks for. */
  readonly amount?: Money;
  /** How often it is paid. Left out: once. */
  readonly times?: number;
  /** When the payer paid. Left out: now. */
  readonly paidAt?: Date;
  /** What was done under a key is not done again. Left out: every call acts. */
  readonly key?: string;
}

/** Extension point: the rails of test mode. */
export const SimulatedRails = point<SimulatedRail | NetworkedSimulatedRail>('simulated-rails');
