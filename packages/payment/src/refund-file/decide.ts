import { addMoney, isItPayError, type Money } from '@itpay/core';
import type { Channel, RefundFileRequest, RefundTransfer } from '@itpay/kernel';
import type { Refund } from '../refund/refund.js';
import type { LeftOut } from './refund-file.js';

/** A refund that somebody wants in a file, with what is known of it. */
export interface Candidate extends Pick<
  Refund,
  'id' | 'amount' | 'status' | 'manual' | 'channelRefundReference' | 'paymentIntentId'
> {
  readonly channel: string;
  readonly merchantAccount: string;
  readonly orderReference: string | null;
  readonly inFile: boolean;
}

/** What statements say about the money that a refund gives back. */
export interface Payers {
  readonly accounts: readonly { readonly account: string | null; readonly name: string | null }[];
  /** The bank took the payment back already. */
  readonly returned: boolean;
}

export type Decision =
  { readonly ok: true; readonly transfer: RefundTransfer } | { readonly ok: false; readonly leftOut: LeftOut };

/**
 * Whether a refund can go into a file of this channel, and how it reads there. Pure. Only what a statement said decides to
 * whom money goes; nothing that a payer or a host wrote does.
 */
export function decideTransfer(
  candidate: Candidate,
  { accounts, returned }: Payers,
  channel: Pick<Channel, 'id' | 'merchantAccount' | 'refundFile'>,
  about: Pick<RefundFileRequest, 'fileId' | 'createdAt'>,
): Decision {
  const leave = (reason: LeftOut['reason'], field: string | null = null): Decision => ({
    ok: false,
    leftOut: { refundId: candidate.id, reason, field },
  });
  if (candidate.channel !== channel.id || candidate.merchantAccount !== channel.merchantAccount) {
    return leave('other_channel');
  }
  if (!candidate.manual) return leave('not_manual');
  if (candidate.status !== 'processing') return leave('not_processing');
  if (candidate.inFile) return leave('in_another_file');
  if (returned) return leave('payment_returned');

  const distinct = new Set(accounts.map(({ account }) => account && compact(account)));
  const [payer] = accounts;
  if (payer === undefined || distinct.has(null)) return leave('payer_unknown');
  if (distinct.size > 1) return leave('several_payers');
  if (payer.account === null || payer.name === null) return leave('payer_unknown');
  const transfer: RefundTransfer = {
    refundReference: candidate.channelRefundReference,
    amount: candidate.amount,
    account: payer.account,
    name: payer.name,
    text: candidate.orderReference,
  };
  const field = refusedField(channel, { ...about, transfers: [transfer] });
  return field === null ? { ok: true, transfer } : leave('not_expressible', field);
}

/** The sums of amounts, one per currency. */
export function totalsOf(amounts: readonly Money[]): Money[] {
  const byCurrency = new Map<string, Money>();
  for (const amount of amounts) {
    const sum = byCurrency.get(amount.currency);
    byCurrency.set(amount.currency, sum === undefined ? amount : addMoney(sum, amount));
  }
  return [...byCurrency.values()];
}

/** Which field of its one transfer a channel cannot write; null when it can. */
function refusedField(channel: Pick<Channel, 'refundFile'>, request: RefundFileRequest): string | null {
  try {
    channel.refundFile!(request);
    return null;
  } catch (error) {
    if (!isItPayError(error)) throw error;
    const [, field] = /^transfers\[0\]\.(\w+)/.exec(error.param ?? '') ?? [];
    return field ?? 'amount';
  }
}

const compact = (account: string) => account.replace(/\s/g, '').toUpperCase();
