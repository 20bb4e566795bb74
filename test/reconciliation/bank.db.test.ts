import type { StatementPart, StatementRow } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { fakeRail } from '../scenarios/fake-rail.js';
import { testPay } from '../support/pay.js';

it('At a bank, whose file is all there is, lines that nobody books and money that no line has are found', async () => {
  const days = new Map<string, StatementRow[]>();
  const plugin = fakeRail({
    capabilities: ['qr_dynamic', 'statement'],
    statementDays: { utcOffset: '+07:00', readyAt: '02:00' },
    fetchStatement: async (day) =>
      (async function* (): AsyncGenerator<StatementPart> {
        const about = { statementId: day, account: 'shop-1' };
        yield { part: 'statement', ...about };
        for (const row of days.get(day) ?? []) yield { part: 'row', row };
        yield { part: 'facts', facts: { ...about, complete: true, balancesAgree: null } };
      })(),
  });
  const t = await testPay({ plugins: [plugin] });
  const create = async (value: number) =>
    (
      await t.request('POST', '/v1/payment-intents', {
        body: { amount: { currency: 'THB', value }, channel: 'fake', expires_in: 86_400 },
      })
    ).body;
  const row = (change: Partial<StatementRow>): StatementRow => ({
    kind: 'credit',
    dedupeKey: `${change.channelTransactionId} ${change.kind ?? 'credit'}`,
    channelTransactionId: null,
    reference: null,
    text: '',
    amount: { currency: 'THB', value: 500n },
    bookedAt: new Date('2025-01-01T10:00:00Z'),
    status: 'booked',
    direction: 'in',
    position: 'line 1',
    ...change,
  });
  const [paid, seen] = [await create(500), await create(900)];
  await t.request('POST', '/v1/inflows', {
    body: {
      channel: 'fake',
      channel_transaction_id: 'B-SEEN',
      amount: seen.amount,
      paid_at: '2025-01-01T09:00:00Z',
      payment_intent_id: seen.id,
      reason: 'Seen in the bank’s app',
      evidence: 'A picture',
    },
    key: (await t.pay.keys.create({ account: t.pay.account.id, livemode: false, label: 'o', preset: 'operator' }))
      .token,
  });
  days.set('2025-01-01', [
    row({ channelTransactionId: 'B1', reference: paid.channel_reference }),
    row({ channelTransactionId: 'B2', text: 'for my sister' }),
  ]);
  days.set('2025-01-02', [
    row({ channelTransactionId: 'B1', kind: 'return', direction: 'out', bookedAt: new Date('2025-01-02T03:00:00Z') }),
  ]);
  t.clock.advance('48h');
  const runOver = async () => {
    const body = { channel: 'fake', from: '2025-01-01', to: '2025-01-02' };
    const { id } = (await t.request('POST', '/v1/reconciliations', { body })).body;
    await t.settle();
    const run = (await t.request('GET', `/v1/reconciliations/${id}`)).body;
    return { run, found: (await t.request('GET', `/v1/reconciliations/${id}/exceptions`)).body.data as any[] };
  };

  const { run, found } = await runOver();

  expect((await t.request('GET', `/v1/payment-intents/${paid.id}`)).body).toMatchObject({ status: 'succeeded' });
  expect(run.counts).toMatchObject({ matched: 2, healed: 0, open: 1, waiting: 2 });
  expect(found.map((one) => [one.class, one.status, one.payment_intent_id]).toSorted()).toEqual([
    ['held', 'open', paid.id],
    ['missing_at_channel', 'waiting', seen.id],
    ['missing_here', 'waiting', null],
  ]);
  expect(found.find((one) => one.class === 'held').note).toContain('returned_after_booking');
  expect((await runOver()).run.counts).toMatchObject({ open: 3, waiting: 0 });
});
