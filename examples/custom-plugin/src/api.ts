import { token, type Database } from '@itpay/kernel';
import type { LoyaltyEntry, Owner } from './entry.js';
import { balanceOf, entriesOf } from './store.js';

/** What the plugin offers in the process: `pay.plugins.loyalty`. */
export interface LoyaltyApi {
  /** 0 for a customer that nobody knows. */
  balanceOf(owner: Owner, customer: string): Promise<number>;
  /** The latest 100, newest first. */
  entriesOf(owner: Owner, customer: string): Promise<readonly LoyaltyEntry[]>;
}
export const LoyaltyApi = token<LoyaltyApi>('loyalty.api');

export function loyaltyApi(database: Database): LoyaltyApi {
  return {
    balanceOf: (owner, customer) => balanceOf(database, owner, customer),
    entriesOf: (owner, customer) => entriesOf(database, owner, customer),
  };
}
