import type { ChannelNotice } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { refuseForSubject, refuseNotice, type NoticeRefusal, type NoticeSubject } from './check-notice.js';

const rail = { merchantAccount: 'shop-1', currencies: ['THB', 'USD'], capabilities: [] };
const locked = { ...rail, capabilities: ['amount_locked'] as const };

const thb = (value: bigint) => ({ currency: 'THB', value });
const credit = { channelTransactionId: 'TX1', amount: thb(19_900n), paidAt: new Date('2025-01-01T00:00:00Z') };
const base = { eventId: 'E1', merchantAccount: 'shop-1', reference: 'REF1' };
const payment: ChannelNotice = { ...base, kind: 'payment', credit };
const hold: ChannelNotice = { ...base, kind: 'authorized', credit };
const scan: ChannelNotice = { ...base, kind: 'scanned' };
const closure: ChannelNotice = { ...base, kind: 'closed' };
const refund: ChannelNotice = { ...base, kind: 'refund', refund: { status: 'succeeded', amount: thb(500n) } };

/** A notice with a field changed or, with undefined, dropped. */
const altered = (notice: ChannelNotice, change: object) => ({ ...notice, ...change }) as ChannelNotice;
const alteredCredit = (change: object) => altered(payment, { credit: { ...credit, ...change } });

describe('before anything is looked up', () => {
  it.each<[kind: string, notice: ChannelNotice]>([
    ['payment', payment],
    ['hold', hold],
    ['scan', scan],
    ['closure', closure],
    ['refund', refund],
    ['failed refund', altered(refund, { refund: { status: 'failed', amount: thb(500n) } })],
    ['payment in another currency of the rail', alteredCredit({ amount: { currency: 'USD', value: 1n } })],
  ])('lets a whole %s through', (_kind, notice) => {
    expect(refuseNotice(notice, rail)).toBeNull();
  });

  it.each<[what: string, refusal: NoticeRefusal, notice: ChannelNotice]>([
    ['no event id', 'incomplete', altered(payment, { eventId: undefined })],
    ['an empty event id', 'incomplete', altered(payment, { eventId: '' })],
    ['no merchant', 'incomplete', altered(payment, { merchantAccount: undefined })],
    ['no reference', 'incomplete', altered(scan, { reference: undefined })],
    ['an empty reference', 'incomplete', altered(payment, { reference: '' })],
    ['no credit', 'incomplete', altered(payment, { credit: undefined })],
    ['a hold without credit', 'incomplete', altered(hold, { credit: undefined })],
    ['no transaction id', 'incomplete', alteredCredit({ channelTransactionId: undefined })],
    ['no amount', 'incomplete', alteredCredit({ amount: undefined })],
    ['an amount of nothing', 'incomplete', alteredCredit({ amount: thb(0n) })],
    ['a negative amount', 'incomplete', alteredCredit({ amount: thb(-1n) })],
    ['an amount as a number', 'incomplete', alteredCredit({ amount: { currency: 'THB', value: 19_900 } })],
    ['no currency', 'incomplete', alteredCredit({ amount: { value: 19_900n } })],
    ['no time', 'incomplete', alteredCredit({ paidAt: undefined })],
    ['a broken time', 'incomplete', alteredCredit({ paidAt: new Date('?') })],
    ['no refund', 'incomplete', altered(refund, { refund: undefined })],
    ['a refund of unknown status', 'incomplete', altered(refund, { refund: { status: 'maybe', amount: thb(1n) } })],
    ['a refund without amount', 'incomplete', altered(refund, { refund: { status: 'succeeded' } })],
    ['no kind', 'kind', altered(payment, { kind: undefined })],
    ['an unknown kind', 'kind', altered(payment, { kind: 'dispute' })],
    ['another merchant', 'merchant', altered(payment, { merchantAccount: 'shop-2' })],
    ['another merchant, for a scan', 'merchant', altered(scan, { merchantAccount: 'SHOP-1' })],
    ['an impossible currency', 'currency', alteredCredit({ amount: { currency: 'JPY', value: 19_900n } })],
  ])('refuses %s: %s', (_what, refusal, notice) => {
    expect(refuseNotice(notice, rail)).toBe(refusal);
  });
});

describe('against the operation that it names', () => {
  const order: NoticeSubject = { operation: 'authorize', captureMethod: 'automatic', expected: thb(19_900n) };
  const held: NoticeSubject = { ...order, captureMethod: 'manual' };
  const refunding: NoticeSubject = { ...order, operation: 'refund', expected: thb(500n) };
  const less = alteredCredit({ amount: thb(19_899n) });
  const refundSum = (value: bigint, currency = 'THB') =>
    altered(refund, { refund: { status: 'succeeded', amount: { currency, value }, isSum: true } });
  const dollars = alteredCredit({ amount: { currency: 'USD', value: 19_900n } });

  it.each<
    [what: string, notice: ChannelNotice, subject: NoticeSubject, on: typeof rail | typeof locked, NoticeRefusal | null]
  >([
    ['a payment', payment, order, rail, null],
    ['a payment, amount locked', payment, order, locked, null],
    ['too little', less, order, rail, null],
    ['too little, amount locked', less, order, locked, 'amount'],
    ['another currency', dollars, order, rail, null],
    ['another currency, amount locked', dollars, order, locked, 'amount'],
    ['a payment under a refund’s number', payment, refunding, rail, 'kind'],
    ['a payment under a capture’s number', payment, { ...held, operation: 'capture' }, rail, 'kind'],
    ['a scan', scan, order, locked, null],
    ['a scan under a refund’s number', scan, refunding, rail, 'kind'],
    ['a closure', closure, order, locked, null],
    ['a closure under a refund’s number', closure, refunding, rail, 'kind'],
    ['a hold', hold, held, rail, null],
    ['a hold that nobody asked for', hold, order, rail, 'kind'],
    ['a hold of another amount', altered(hold, { credit: { ...credit, amount: thb(1n) } }), held, rail, 'amount'],
    ['a refund', refund, refunding, rail, null],
    ['a refund of another amount', refund, { ...refunding, expected: thb(501n) }, rail, 'amount'],
    ['a refund beside another one, where the rail tells the sum', refundSum(700n), refunding, rail, null],
    ['a refund alone, where the rail tells the sum', refundSum(500n), refunding, rail, null],
    ['a sum of refunds that is less than this one', refundSum(499n), refunding, rail, 'amount'],
    ['a sum of refunds in another currency', refundSum(700n, 'USD'), refunding, rail, 'amount'],
    [
      'a refund in another currency',
      refund,
      { ...refunding, expected: { currency: 'USD', value: 500n } },
      rail,
      'amount',
    ],
    ['a refund under the order’s number', refund, order, rail, 'kind'],
  ])('%s', (_what, notice, subject, on, refusal) => {
    expect(refuseForSubject(notice, subject, on)).toBe(refusal);
  });
});
