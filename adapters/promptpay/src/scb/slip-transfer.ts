import { ItPayError, type Money } from '@itpay/core';
import { RailError } from '@itpay/kernel';
import { timeOf } from '../bangkok.js';
import { isObject, textAt } from '../json.js';
import { satangOf } from '../mapping.js';
import { parseSlip } from '../slip.js';
import { unreadable, type ScbClient } from './client.js';
import { orNothing } from './inquiry.js';
import { PATHS } from './wire.js';

/** A transfer that a slip names, as the bank knows it. */
export interface SlipTransfer {
  readonly transactionReference: string;
  readonly sendingBank: string;
  readonly receivingBank: string | null;
  readonly amount: Money;
  readonly paidAt: Date;
  /** The PromptPay id or biller that received it; the bank may hide digits of a person's. */
  readonly receiver: { readonly name: string | null; readonly proxy: string | null };
  readonly reference1: string | null;
  readonly reference2: string | null;
  readonly reference3: string | null;
}

/**
 * Asks the bank about the transfer that a slip names. Before goods are handed over for it, compare the amount, the receiver
 * and the day, and see that the reference was not used before: a slip can be shown twice.
 *
 * @param text the small code on the slip
 * @returns null when the bank knows no such transfer
 * @throws ItPayError `PARAMETER_INVALID` when the text is no code of a slip; RailError when the bank did not say
 */
export async function findSlipTransfer(
  client: ScbClient,
  text: string,
  signal: AbortSignal,
): Promise<SlipTransfer | null> {
  const reading = parseSlip(text);
  if (!reading.ok) throw new ItPayError('PARAMETER_INVALID', { message: reading.reason, param: 'slip' });
  const { transactionReference, sendingBank } = reading.slip;

  const path = `${PATHS.transaction}/${transactionReference}?${new URLSearchParams({ sendingBank })}`;
  const data = await orNothing(client.call({ method: 'GET', path, signal }));
  if (data === null) return null;
  if (!isObject(data)) throw unreadable('data');
  for (const [field, expected] of [
    ['transRef', transactionReference],
    ['sendingBank', sendingBank],
  ] as const) {
    if (textAt(data, field) !== expected)
      throw new RailError({ category: 'mismatch', message: `${field} is another one.` });
  }

  const amount = satangOf(textAt(data, 'amount') ?? '');
  const day = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(textAt(data, 'transDate') ?? '');
  const paidAt = day && timeOf(`${day.slice(1).join('-')}T${textAt(data, 'transTime') ?? ''}`);
  if (amount === null || amount.value <= 0n) throw unreadable('amount');
  if (paidAt === null) throw unreadable('transDate');
  const receiver = isObject(data.receiver) ? data.receiver : {};
  const proxy = isObject(receiver.proxy) ? receiver.proxy : {};
  return {
    transactionReference,
    sendingBank,
    receivingBank: textAt(data, 'receivingBank') ?? null,
    amount,
    paidAt,
    receiver: {
      name: textAt(receiver, 'displayName') ?? textAt(receiver, 'name') ?? null,
      proxy: textAt(proxy, 'value') ?? null,
    },
    reference1: textAt(data, 'ref1') ?? null,
    reference2: textAt(data, 'ref2') ?? null,
    reference3: textAt(data, 'ref3') ?? null,
  };
}
