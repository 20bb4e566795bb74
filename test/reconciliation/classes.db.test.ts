import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, reconciliationRig, type Exception, type Rig } from './rig.js';

// One day on which each kind of difference happens once, reconciled twice: what may be a difference of time alarms then.

let t: Rig;
let run: any;
let found: readonly Exception[];
const made: Record<string, { readonly intent: any; readonly payment: any; readonly reference: string }> = {};
const refunds: Record<string, string> = {};

beforeAll(async () => {
  t = await reconciliationRig({ paymentPolicy: { late: 'park', over: 'park' } });
  for (const name of ['amount', 'currency', 'status', 'gone', 'fee', 'fine', 'refund', 'refund_gone', 'ledger']) {
    made[name] = await t.pay();
  }
  made['over'] = await t.pay({}, { amount: 10_500n });
  // Money that was paid twice goes back by itself; here the rail does not take the refund.
  await t.rail.script({ operation: 'refund', behaviour: 'decline' });
  made['twice'] = await t.pay({}, { times: 2 });
  await t.settle();
  const { body: late } = await t.create();
  await t.request('POST', `/v1/payment-intents/${late.id}/cancel`, { body: {} });
  await t.rail.setPayableAfterClose(true);
  const [payment] = await t.rail.pay(late.channel_reference);
  await t.deliver(({ reference }) => reference === late.channel_reference);
  made['late'] = { intent: late, payment, reference: late.channel_reference };
  for (const name of ['refund', 'refund_gone']) {
    const body = { payment_intent_id: made[name]!.intent.id, amount: { currency: 'THB', value: 4_000 } };
    refunds[name] = (await t.request('POST', '/v1/refunds', { body })).body.channel_refund_reference;
  }
  const now = t.clock.now();
  await t.knex('itpay.ledger_entries').insert({
    id: 'led_of_nobody',
    transaction_id: 'led_of_nobody',
    account: t.account,
    livemode: false,
    payment_intent_id: made['ledger']!.intent.id,
    object_id: 'x',
    ledger_account: 'payee_receivable',
    direction: 'debit',
    amount: 1,
    currency: 'THB',
    at: now,
  });

  const isOf = (name: string) => (row: { transaction_id: string; kind: string }) =>
    row.transaction_id === made[name]!.payment.transactionId;
  await t.rewrite((rows) =>
    rows
      .filter((row) => !isOf('gone')(row) && row.reference !== refunds['refund_gone'])
      .map((row) => {
        if (row.reference === refunds['refund']) return { ...row, amount: '3999' };
        if (row.kind === 'fee') return isOf('fee')(row) ? { ...row, amount: '61' } : row;
        if (isOf('amount')(row)) return { ...row, amount: '9999' };
        if (isOf('currency')(row)) return { ...row, currency: 'USD' };
        if (isOf('status')(row)) return { ...row, status: 'processing' as const };
        return row;
      })
      .concat({
        kind: 'payment',
        reference: 'NOTOURS1',
        transaction_id: 'TSTRANGER',
        amount: '100',
        currency: 'THB',
        at: `${DAY}T12:00:00.000Z`,
        status: 'succeeded',
      }),
  );
  await t.advance('31h');
  await t.runOver();
  run = await t.runOver();
  found = await t.exceptions(run.id);
});

describe('A reconciliation finds', () => {
  const about = (name: string) => found.filter(({ payment_intent_id }) => payment_intent_id === made[name]!.intent.id);

  it.each<[what: string, name: string, expected: object]>([
    [
      'another amount',
      'amount',
      {
        class: 'amount_mismatch',
        channel_says: { amount: { value: 9_999 } },
        known_here: { amount: { value: 10_000 } },
      },
    ],
    [
      'another currency',
      'currency',
      {
        class: 'currency_mismatch',
        channel_says: { amount: { currency: 'USD' } },
        known_here: { amount: { currency: 'THB' } },
      },
    ],
    [
      'another status',
      'status',
      {
        class: 'status_mismatch',
        channel_says: { status: 'pending' },
        known_here: { status: 'applied' },
        asked: 'captured',
      },
    ],
    ['what the channel does not have', 'gone', { class: 'missing_at_channel', channel_says: null, asked: 'captured' }],
    ['two fees for one payment', 'fee', { class: 'fee_mismatch', note: expect.stringContaining('60 THB') }],
    ['more money than was asked for', 'over', { class: 'amount_mismatch', known_here: { status: 'parked' } }],
    ['money that came twice', 'twice', { class: 'duplicate', known_here: { status: 'parked' } }],
    ['money that came late', 'late', { class: 'late', known_here: { status: 'parked' } }],
    [
      'another amount of a refund',
      'refund',
      {
        class: 'refund_mismatch',
        channel_says: { amount: { value: 3_999 } },
        known_here: { amount: { value: 4_000 } },
      },
    ],
    ['a refund that the channel does not have', 'refund_gone', { class: 'missing_at_channel', asked: 'succeeded' }],
    ['a ledger that does not add up', 'ledger', { class: 'ledger_mismatch' }],
  ])('%s', (_, name, expected) => {
    expect(about(name)).toEqual([expect.objectContaining({ status: 'open' })]);
    expect(about(name)).toMatchObject([expected]);
  });

  it('what is not known here', () => {
    expect(found.filter(({ channel_reference }) => channel_reference === 'NOTOURS1')).toMatchObject([
      { class: 'missing_here', status: 'open', known_here: null, channel_says: { status: 'booked' }, asked: null },
    ]);
  });

  it('nothing about what agrees', () => {
    expect(about('fine')).toEqual([]);
  });

  it('as many as it counts, and says each of them once', async () => {
    expect(run.counts).toMatchObject({ open: found.length, waiting: 0 });
    const counted = Object.values<number>(run.counts.classes).reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(found.length);
    const told = (await t.events('reconciliation.discrepancy')).map(({ id }) => id);
    expect(told.toSorted()).toEqual(found.map(({ id }) => id).toSorted());
  });

  it('and calls out loudly when the ledger is wrong', () => {
    expect(t.logger.lines.filter(({ level, message }) => level === 'error' && message.includes('ledger'))).not.toEqual(
      [],
    );
  });
});
