import { describe, expect, it } from 'vitest';
import {
  compareInflow,
  compareLine,
  compareRefund,
  type ChannelLine,
  type InflowContext,
  type KnownInflow,
  type KnownPayment,
  type KnownRefund,
  type LineContext,
} from './compare.js';

const THB = (value: bigint) => ({ currency: 'THB', value });
const AT = new Date('2026-03-02T08:00:00Z');
const BEFORE = new Date('2026-03-02T07:00:00Z');

const line = (change: Partial<ChannelLine> = {}): ChannelLine => ({
  id: 'row_1',
  kind: 'credit',
  status: 'booked',
  outcome: 'matched',
  amount: THB(100n),
  fee: null,
  reference: 'ORDER1',
  channelTransactionId: 'T1',
  bookedAt: AT,
  doubt: null,
  ...change,
});
const inflow = (change: Partial<KnownInflow> = {}): KnownInflow => ({
  id: 'inf_1',
  amount: THB(100n),
  status: 'applied',
  kind: 'exact',
  reference: 'ORDER1',
  channelTransactionId: 'T1',
  paymentIntentId: 'pi_1',
  paidAt: AT,
  ...change,
});
const refund = (change: Partial<KnownRefund> = {}): KnownRefund => ({
  id: 'ref_1',
  amount: THB(100n),
  status: 'succeeded',
  reference: 'REFUND1',
  paymentIntentId: 'pi_1',
  createdAt: BEFORE,
  succeededAt: BEFORE,
  ...change,
});
const payment = (change: Partial<KnownPayment> = {}): KnownPayment => ({
  id: 'pi_1',
  status: 'succeeded',
  amount: THB(100n),
  amountCaptured: 100n,
  amountRefunded: 0n,
  receivable: 100n,
  ...change,
});
const context = (change: Partial<LineContext> = {}): LineContext => ({
  line: line(),
  inflow: null,
  refund: null,
  paymentIntentId: null,
  repeated: false,
  feeElsewhere: null,
  ...change,
});
const named = (findings: readonly { class: string; subject: string; waits: boolean }[]) =>
  findings.map((finding) => `${finding.class} ${finding.subject}${finding.waits ? ' waits' : ''}`);

describe('A line of a file', () => {
  const paid = { inflow: inflow() };
  const back = (change: Partial<ChannelLine> = {}) => line({ kind: 'refund', reference: 'REFUND1', ...change });
  it.each<[what: string, given: Partial<LineContext>, expected: string[]]>([
    // first what nobody books at all
    ['that is held', { ...paid, line: line({ outcome: 'held', doubt: 'returned_after_booking' }) }, ['held row_1']],
    // payments
    ['that agrees', paid, []],
    ['of a payment that is unknown here', {}, ['missing_here row_1 waits']],
    ['that is only announced', { line: line({ status: 'pending' }) }, []],
    ['that is only announced, and booked here', { ...paid, line: line({ status: 'info' }) }, ['status_mismatch row_1']],
    ['that the file has told before', { ...paid, repeated: true }, ['duplicate row_1']],
    ['of another amount', { inflow: inflow({ amount: THB(99n) }) }, ['amount_mismatch inf_1']],
    [
      'of another currency',
      { inflow: inflow({ amount: { currency: 'USD', value: 100n } }) },
      ['currency_mismatch inf_1'],
    ],
    ['with a fee that is told once', { ...paid, line: line({ fee: THB(1n) }) }, []],
    ['with a fee that is told elsewhere only', { ...paid, feeElsewhere: THB(1n) }, []],
    ['with one fee', { ...paid, line: line({ fee: THB(1n) }), feeElsewhere: THB(1n) }, []],
    ['with two fees', { ...paid, line: line({ fee: THB(1n) }), feeElsewhere: THB(2n) }, ['fee_mismatch row_1']],
    [
      'of another amount and with two fees',
      { inflow: inflow({ amount: THB(99n) }), line: line({ fee: THB(1n) }), feeElsewhere: THB(2n) },
      ['amount_mismatch inf_1', 'fee_mismatch row_1'],
    ],
    // refunds
    ['of a refund that agrees', { line: back(), refund: refund() }, []],
    ['of a refund that is unknown here', { line: back() }, ['missing_here row_1 waits']],
    [
      'of a refund of another amount',
      { line: back({ amount: THB(99n) }), refund: refund() },
      ['refund_mismatch ref_1'],
    ],
    [
      'of a refund of another currency',
      { line: back({ amount: { currency: 'USD', value: 100n } }), refund: refund() },
      ['refund_mismatch ref_1'],
    ],
    [
      'of a refund that is on its way here',
      { line: back(), refund: refund({ status: 'processing', succeededAt: null }) },
      ['refund_mismatch ref_1 waits'],
    ],
    [
      'of a refund that failed here',
      { line: back(), refund: refund({ status: 'failed', succeededAt: null }) },
      ['refund_mismatch ref_1'],
    ],
    ['of a refund that was on its way then', { line: back({ status: 'pending' }), refund: refund() }, []],
    [
      'of a refund that failed there after it had succeeded here',
      { line: back({ status: 'info' }), refund: refund() },
      ['refund_mismatch ref_1'],
    ],
    [
      'of a refund that failed there before another try',
      { line: back({ status: 'info' }), refund: refund({ succeededAt: new Date('2026-03-03T00:00:00Z') }) },
      [],
    ],
    // what a bank tells besides
    ['of a withdrawal', { line: line({ kind: 'debit', reference: null }) }, []],
    ['of a transfer that is a refund', { line: back({ kind: 'debit' }), refund: refund() }, []],
    ['of a fee', { line: line({ kind: 'fee' }) }, []],
    ['of a refund that came back', { line: back({ kind: 'return' }), refund: refund() }, ['refund_mismatch ref_1']],
    [
      'of a refund that came back and failed here',
      { line: back({ kind: 'return' }), refund: refund({ status: 'failed', succeededAt: null }) },
      [],
    ],
    ['of a payment that was taken back', { ...paid, line: line({ kind: 'reversal' }) }, ['status_mismatch row_1']],
    [
      'of a payment that was taken back and refunded',
      { inflow: inflow({ status: 'refunded' }), line: line({ kind: 'reversal' }) },
      [],
    ],
    ['that takes back what is unknown', { line: line({ kind: 'return' }) }, ['missing_here row_1 waits']],
  ])('%s', (_, given, expected) => {
    expect(named(compareLine(context(given)))).toEqual(expected);
  });

  it('is told with both sides', () => {
    const [finding] = compareLine(context({ inflow: inflow({ amount: THB(99n) }), paymentIntentId: 'pi_other' }));

    expect(finding!.facts).toEqual({
      statementRowId: 'row_1',
      inflowId: 'inf_1',
      refundId: null,
      paymentIntentId: 'pi_1',
      reference: 'ORDER1',
      channelTransactionId: 'T1',
      occurredAt: AT.toISOString(),
      channel: { amount: { currency: 'THB', value: 100 }, status: 'booked' },
      here: { amount: { currency: 'THB', value: 99 }, status: 'applied' },
      note: 'The amounts differ.',
      asked: null,
    });
  });
});

describe('Money that is known here', () => {
  const given = (change: Partial<InflowContext>): InflowContext => ({
    inflow: inflow(),
    payment: payment(),
    inFile: true,
    dayIsRead: true,
    ...change,
  });
  it.each<[what: string, change: Partial<InflowContext>, expected: string[]]>([
    ['agrees', {}, []],
    ['is not in the file of its day', { inFile: false }, ['missing_at_channel inf_1 waits']],
    ['is of a day without a file', { inFile: false, dayIsRead: false }, []],
    [
      'is for nothing',
      { inflow: inflow({ status: 'needs_match', kind: 'unattributed' }), payment: null },
      ['missing_here inf_1 waits'],
    ],
    ['came late and lies aside', { inflow: inflow({ status: 'parked', kind: 'late' }) }, ['late inf_1']],
    ['came late and went back', { inflow: inflow({ status: 'refunded', kind: 'late' }) }, []],
    ['came twice and lies aside', { inflow: inflow({ status: 'parked', kind: 'duplicate' }) }, ['duplicate inf_1']],
    ['was too much and lies aside', { inflow: inflow({ status: 'parked', kind: 'over' }) }, ['amount_mismatch inf_1']],
    [
      'was too little and lies aside',
      { inflow: inflow({ status: 'parked', kind: 'under' }) },
      ['amount_mismatch inf_1'],
    ],
    [
      'is of another currency and lies aside',
      { inflow: inflow({ status: 'parked', kind: 'wrong_currency' }) },
      ['currency_mismatch inf_1'],
    ],
    ['was kept by an operator', { inflow: inflow({ status: 'kept', kind: 'over' }) }, []],
    ['counts for a payment that is not paid', { payment: payment({ status: 'expired' }) }, ['status_mismatch inf_1']],
    ['is partly given back', { payment: payment({ amountRefunded: 40n, receivable: 60n }) }, []],
    ['does not add up in the ledger', { payment: payment({ receivable: 99n }) }, ['ledger_mismatch pi_1']],
  ])('%s', (_, change, expected) => {
    expect(named(compareInflow(given(change)))).toEqual(expected);
  });
});

describe('A refund that is known here', () => {
  it.each<[what: string, inFile: boolean, dayIsRead: boolean, expected: string[]]>([
    ['is in a file', true, true, []],
    ['is in no file', false, true, ['missing_at_channel ref_1 waits']],
    ['is of a day without a file', false, false, []],
  ])('%s', (_, inFile, dayIsRead, expected) => {
    expect(named(compareRefund({ refund: refund(), inFile, dayIsRead }))).toEqual(expected);
  });
});
