import type { Actor } from '@itpay/kernel';

/** Why points came or went. */
export type EntryKind =
  | 'earned'
  /** A refund began: its points go at the same moment. */
  | 'taken_back'
  /** That refund failed. */
  | 'given_back'
  | 'expired';

/** Points that came (above 0) or went (below 0). */
export interface LoyaltyEntry {
  readonly id: string;
  readonly customer: string;
  readonly kind: EntryKind;
  readonly points: number;
  /** The payment or refund that it is about. */
  readonly source: string;
  readonly at: Date;
}

/** Whose points. Every row belongs to an account, in live or in test mode, as everything else does. */
export type Owner = Pick<Actor, 'account' | 'livemode'>;

/** One point for each full unit of so many minor units. Pure. */
export function pointsFor(minorUnits: number, unitsPerPoint: number): number {
  return Math.floor(minorUnits / unitsPerPoint);
}
