import type { Actor, IdGenerator, Tx } from '@itpay/kernel';
import { statement } from '@itpay/kernel';
import type { Money } from '@itpay/core';

/**
 * Where information about money stands. `payer`: what payers gave. `channel_clearing`: at the channel, on its way.
 * `payee_receivable`: counted for payments. `payee_parked`: in the payee's account, counted for nothing.
 */
export type LedgerAccount = 'payer' | 'channel_clearing' | 'payee_receivable' | 'payee_parked';

/** One movement: the same amount leaves one account and enters another, so that every transaction balances by itself. */
export interface Movement {
  readonly from: LedgerAccount;
  readonly to: LedgerAccount;
  /** In minor units; movements of nothing are left out. */
  readonly value: bigint;
}

export interface LedgerTransaction {
  readonly paymentIntentId: string | null;
  /** The inflow or refund that it is about. */
  readonly objectId: string;
  readonly currency: string;
  readonly at: Date;
  readonly movements: readonly Movement[];
}

/** Money that arrived: from the payer through the channel to the payee, the uncounted part aside. */
export function arrivalMovements(amount: Money, counted: bigint): Movement[] {
  return [
    { from: 'payer', to: 'channel_clearing', value: amount.value },
    { from: 'channel_clearing', to: 'payee_receivable', value: counted },
    { from: 'channel_clearing', to: 'payee_parked', value: amount.value - counted },
  ];
}

/** Money that goes back, out of what was counted or out of what lay aside. */
export function refundMovements(value: bigint, outOf: 'payee_receivable' | 'payee_parked'): Movement[] {
  return [
    { from: outOf, to: 'channel_clearing', value },
    { from: 'channel_clearing', to: 'payer', value },
  ];
}

/** Appends to the ledger, in the transaction of what it records. */
export async function recordMovements(
  tx: Tx,
  ids: IdGenerator,
  actor: Pick<Actor, 'account' | 'livemode'>,
  transaction: LedgerTransaction,
): Promise<void> {
  const { movements, ...common } = transaction;
  const transactionId = ids.next('led');
  for (const { from, to, value } of movements) {
    if (value === 0n) continue;
    const row = { ...common, transactionId, account: actor.account, livemode: actor.livemode, value };
    await tx.query(APPEND, { ...row, debitId: ids.next('led'), creditId: ids.next('led'), from, to });
  }
}

const APPEND = statement<
  Omit<LedgerTransaction, 'movements'> & {
    readonly transactionId: string;
    readonly account: string;
    readonly livemode: boolean;
    readonly value: bigint;
    readonly debitId: string;
    readonly creditId: string;
    readonly from: string;
    readonly to: string;
  },
  object
>(
  'ledger_append',
  `insert into {schema}.ledger_entries
     (id, transaction_id, account, livemode, payment_intent_id, object_id, ledger_account, direction, amount, currency, at)
   values
     (:debitId, :transactionId, :account, :livemode, :paymentIntentId, :objectId, :to, 'debit', :value, :currency, :at),
     (:creditId, :transactionId, :account, :livemode, :paymentIntentId, :objectId, :from, 'credit', :value, :currency, :at)`,
);
