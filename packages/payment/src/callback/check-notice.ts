import type { Money } from '@itpay/core';
import type { Channel, ChannelNotice, OperationKind } from '@itpay/kernel';

/** Why a verified notification changes nothing. */
export type NoticeRefusal =
  | 'incomplete'
  | 'merchant'
  | 'kind'
  | 'reference'
  | 'currency'
  | 'amount'
  /** It contradicts what the channel has said before. */
  | 'contradiction';

/** What we know about the operation that a notification names. */
export interface NoticeSubject {
  readonly operation: OperationKind;
  readonly captureMethod: 'automatic' | 'manual';
  /** What was asked of the channel: the amount of the order, of its capture, or of the refund. */
  readonly expected: Money;
}

type Rail = Pick<Channel, 'merchantAccount' | 'currencies' | 'capabilities'>;

/**
 * Checks what can be checked before anything is looked up. An adapter may be written in plain JavaScript, so a field
 * counts as there only when it looks as it should.
 */
export function refuseNotice(notice: ChannelNotice, rail: Rail): NoticeRefusal | null {
  if (!isText(notice.eventId) || !isText(notice.merchantAccount) || !isText(notice.reference)) return 'incomplete';
  const moved = amountIn(notice);
  if (moved === 'unknown_kind') return 'kind';
  if (moved === 'missing') return 'incomplete';
  if (notice.merchantAccount !== rail.merchantAccount) return 'merchant';
  if (moved !== 'none' && !rail.currencies.includes(moved.currency)) return 'currency';
  return null;
}

/**
 * Checks a notification against the operation that it names. Where the payer can change the amount, another amount of a
 * payment is no reason to refuse it: it is money that arrived, and the rules for inflows decide.
 */
export function refuseForSubject(
  notice: ChannelNotice,
  { operation, captureMethod, expected }: NoticeSubject,
  rail: Pick<Rail, 'capabilities'>,
): NoticeRefusal | null {
  // A refund or a closure that comes in on the payment's route is no payment, and the reverse.
  if (operation !== (notice.kind === 'refund' ? 'refund' : 'authorize')) return 'kind';
  if (notice.kind === 'authorized' && captureMethod !== 'manual') return 'kind';
  const moved = amountIn(notice);
  if (typeof moved === 'string') return null;
  const payersChoice = notice.kind === 'payment' && !rail.capabilities.includes('amount_locked');
  if (payersChoice || (moved.currency === expected.currency && moved.value === expected.value)) return null;
  // What was refunded under this number is what we asked for; a sum that is smaller contradicts it.
  const isSum = notice.kind === 'refund' && notice.refund?.isSum === true;
  if (isSum && moved.currency === expected.currency && moved.value > expected.value) return null;
  return 'amount';
}

function amountIn({ kind, credit, refund }: ChannelNotice): Money | 'none' | 'missing' | 'unknown_kind' {
  switch (kind) {
    case 'scanned':
    case 'closed':
      return 'none';
    case 'payment':
    case 'authorized':
      if (!isText(credit?.channelTransactionId) || !isDate(credit?.paidAt)) return 'missing';
      return isPositive(credit?.amount) ? credit.amount : 'missing';
    case 'refund':
      if (refund?.status !== 'succeeded' && refund?.status !== 'failed') return 'missing';
      return isPositive(refund.amount) ? refund.amount : 'missing';
    default:
      return 'unknown_kind';
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());
const isPositive = (amount: Money | undefined): amount is Money =>
  isText(amount?.currency) && typeof amount.value === 'bigint' && amount.value > 0n;
