import type { StatementRow } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import {
  decideRow,
  NO_CANDIDATES,
  type OrderCandidate,
  type RefundCandidate,
  type RowCandidates,
  type RowContext,
} from './decide-row.js';

const eur = (value: bigint) => ({ currency: 'EUR', value });

const line: StatementRow = {
  kind: 'credit',
  dedupeKey: 'K',
  channelTransactionId: 'B1',
  reference: null,
  text: '',
  amount: eur(1_000n),
  bookedAt: new Date('2025-01-02T00:00:00Z'),
  status: 'booked',
  direction: 'in',
  position: 'line 1',
};
const order: OrderCandidate = { reference: 'A', paymentIntentId: 'pi_1' };
const sameOrder: OrderCandidate = { reference: 'A2', paymentIntentId: 'pi_1' };
const otherOrder: OrderCandidate = { reference: 'B', paymentIntentId: 'pi_2' };
const refund: RefundCandidate = {
  id: 'ref_1',
  reference: 'R',
  account: 'm_1',
  paymentIntentId: 'pi_1',
  status: 'processing',
  amount: eur(1_000n),
  isTold: false,
};
const takenBack = { inflowId: 'inf_1', paymentIntentId: 'pi_1' };

interface Case {
  readonly row?: Partial<StatementRow>;
  readonly found?: Partial<RowCandidates>;
  readonly context?: Partial<RowContext>;
}
const decided = ({ row, found, context }: Case) =>
  decideRow({ ...line, ...row }, { ...NO_CANDIDATES, ...found }, { balancesAgree: true, ...context });

const out = { kind: 'debit', direction: 'out' } as const;
const cameBack = { kind: 'return', direction: 'in' } as const;
const tookBack = { kind: 'reversal', direction: 'out' } as const;

describe('a row, in order of precedence,', () => {
  it.each<[what: string, given: Case, decision: object]>([
    ['pending', { row: { status: 'pending' }, found: { orders: [order] } }, { do: 'note' }],
    ['told for completeness', { row: { status: 'info' }, found: { orders: [order] } }, { do: 'note' }],
    ['a fee', { row: { kind: 'fee', direction: 'out' }, context: { balancesAgree: false } }, { do: 'note' }],
    ['odd by itself', { row: { doubt: 'why' }, found: { orders: [order] } }, { do: 'hold', doubt: 'why' }],
    [
      'of a file whose balances disagree',
      { found: { orders: [order] }, context: { balancesAgree: false } },
      { do: 'hold', doubt: 'balances_disagree' },
    ],
    ['a credit that went', { row: { direction: 'out' } }, { do: 'hold', doubt: 'contradictory_direction' }],
    [
      'a debit that came',
      { row: { kind: 'debit', direction: 'in' }, found: { orders: [order] } },
      { do: 'hold', doubt: 'contradictory_direction' },
    ],
    [
      'a return of nobody knows what',
      { row: { kind: 'return', direction: undefined }, found: { refunds: [refund] } },
      { do: 'hold', doubt: 'contradictory_direction' },
    ],

    ['with one payment', { found: { orders: [order] } }, { do: 'book', order }],
    ['without a direction', { row: { direction: undefined }, found: { orders: [order] } }, { do: 'book', order }],
    ['without balances', { found: { orders: [order] }, context: { balancesAgree: null } }, { do: 'book', order }],
    ['with two orders of one payment', { found: { orders: [order, sameOrder] } }, { do: 'book', order }],
    ['with two payments', { found: { orders: [order, otherOrder] } }, { do: 'set_aside' }],
    ['with none', {}, { do: 'set_aside' }],
    ['with a refund, and no payment', { found: { refunds: [refund] } }, { do: 'set_aside' }],

    ['a bill', { row: out }, { do: 'note' }],
    ['a bill that names a payment', { row: out, found: { orders: [order] } }, { do: 'note' }],
    ['the transfer of a refund', { row: out, found: { refunds: [refund] } }, { do: 'refund_succeeded', refund }],
    [
      'the same, as a refund',
      { row: { ...out, kind: 'refund' }, found: { refunds: [refund] } },
      { do: 'refund_succeeded' },
    ],
    [
      'the transfer of a completed refund',
      { row: out, found: { refunds: [{ ...refund, status: 'succeeded' }] } },
      { do: 'refund_known' },
    ],
    [
      'the transfer of several refunds',
      { row: out, found: { refunds: [refund, { ...refund, id: 'ref_2' }] } },
      { do: 'hold', doubt: 'several_refunds' },
    ],
    [
      'a second transfer of a refund',
      { row: out, found: { refunds: [{ ...refund, status: 'succeeded', isTold: true }] } },
      { do: 'hold', doubt: 'refund_sent_twice' },
    ],
    [
      'a refund of another amount',
      { row: out, found: { refunds: [{ ...refund, amount: eur(999n) }] } },
      { do: 'hold', doubt: 'refund_amount_differs' },
    ],
    [
      'a refund in another currency',
      { row: out, found: { refunds: [{ ...refund, amount: { currency: 'CHF', value: 1_000n } }] } },
      { do: 'hold', doubt: 'refund_amount_differs' },
    ],
    ...(['requested', 'failed', 'cancelled'] as const).map((status): [string, Case, object] => [
      `a refund that is ${status}`,
      { row: out, found: { refunds: [{ ...refund, status }] } },
      { do: 'hold', doubt: 'refund_not_processing' },
    ]),

    ['a transfer of somebody that came back', { row: cameBack, found: { orders: [order] } }, { do: 'note' }],
    ['a refund that came back', { row: cameBack, found: { refunds: [refund] } }, { do: 'refund_failed', refund }],
    [
      'a refund whose debit is taken back',
      { row: { kind: 'reversal', direction: 'in' }, found: { refunds: [refund] } },
      { do: 'refund_failed', refund },
    ],
    [
      'a part of a refund that came back',
      { row: { ...cameBack, amount: eur(990n) }, found: { refunds: [refund] } },
      { do: 'hold', doubt: 'refund_amount_differs' },
    ],
    [
      'a completed refund that came back',
      { row: cameBack, found: { refunds: [{ ...refund, status: 'succeeded' }] } },
      { do: 'hold', doubt: 'returned_after_refund', about: { refund: { id: 'ref_1' } } },
    ],
    [
      'a credit taken back',
      { row: tookBack, found: { takenBack } },
      { do: 'hold', doubt: 'returned_after_booking', about: takenBack },
    ],
    [
      'a payment that the payer takes back',
      { row: { ...tookBack, kind: 'return' }, found: { orders: [order, sameOrder] } },
      { do: 'hold', doubt: 'returned_after_booking', about: { paymentIntentId: 'pi_1', inflowId: null } },
    ],
    [
      'a credit taken back that nobody knows',
      { row: tookBack, found: { orders: [order, otherOrder] } },
      { do: 'hold', doubt: 'returned_after_booking', about: { paymentIntentId: null, inflowId: null } },
    ],
  ])('%s', (_what, given, decision) => {
    expect(decided(given)).toMatchObject(decision);
  });

  it('never looks at an amount to find a payment', () => {
    for (const value of [1n, 1_000n, 10n ** 12n]) {
      expect(decided({ row: { amount: eur(value) } })).toEqual({ do: 'set_aside' });
      expect(decided({ row: { amount: eur(value) }, found: { orders: [order] } })).toEqual({ do: 'book', order });
    }
  });
});
