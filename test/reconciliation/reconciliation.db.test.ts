import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, NEXT_DAY, reconciliationRig, type Rig } from './rig.js';

let t: Rig;
beforeEach(async () => {
  t = await reconciliationRig();
});

/** To the time at which the file of the first day is there. */
const nextMorning = () => t.advance('31h');
const read = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body;
const discrepancies = () => t.events('reconciliation.discrepancy');

describe('A reconciliation', () => {
  it('finds that both sides agree, and that nothing happened on another day', async () => {
    const { intent } = await t.pay();
    const body = { payment_intent_id: intent.id, amount: { currency: 'THB', value: 4_000 } };
    expect((await t.request('POST', '/v1/refunds', { body })).body).toMatchObject({ status: 'succeeded' });
    await t.pay();
    await t.advance('55h');

    const run = await t.runOver(DAY, NEXT_DAY);

    expect(run).toMatchObject({
      object: 'reconciliation',
      status: 'completed',
      trigger: 'request',
      from: DAY,
      to: NEXT_DAY,
      days: [
        { day: DAY, file: 'read' },
        { day: NEXT_DAY, file: 'read' },
      ],
      counts: { matched: 3, healed: 0, waiting: 0, open: 0, resolved: 0, classes: {} },
    });
    expect(await t.exceptions(run.id)).toEqual([]);
    expect(await t.events('reconciliation.completed')).toContainEqual(run);
  });

  it('lets a difference of time pass without an alarm', async () => {
    const { payment } = await t.pay();
    const [row] = (await t.rail.statement(DAY)).filter(({ kind }) => kind === 'payment');
    await t.rail.setStatement(DAY, []);
    await t.rail.setStatement(NEXT_DAY, [{ ...row!, at: `${NEXT_DAY}T00:00:01.000Z` }]);
    await nextMorning();

    const first = await t.runOver(DAY);
    expect(await t.exceptions(first.id)).toMatchObject([
      { class: 'missing_at_channel', status: 'waiting', channel_transaction_id: payment.transactionId },
    ]);
    await t.advance('24h');
    const second = await t.runOver(NEXT_DAY);

    expect(second.counts).toMatchObject({ matched: 1, waiting: 0, open: 0, resolved: 1 });
    expect(await t.exceptions(first.id)).toMatchObject([
      { status: 'resolved', resolution: { by: 'automatic', resolved_by: 'reconciliation' } },
    ]);
    expect(await discrepancies()).toEqual([]);
  });

  it('alarms once about what two runs see, and no more when it is gone and comes back as it was', async () => {
    const { payment } = await t.pay();
    const rows = await t.rail.statement(DAY);
    await t.rail.setStatement(DAY, []);
    await nextMorning();

    await t.runOver();
    expect(await discrepancies()).toEqual([]);
    const second = await t.runOver();
    const [exception] = await t.exceptions(second.id, '&status=open');
    expect(exception).toMatchObject({ class: 'missing_at_channel', channel_transaction_id: payment.transactionId });
    expect(await discrepancies()).toEqual([exception]);
    await t.runOver();
    expect(await discrepancies()).toHaveLength(1);

    await t.rail.setStatement(DAY, rows);
    const last = await t.runOver();
    expect(last.counts).toMatchObject({ open: 0, resolved: 1 });
    expect(await t.exceptions(second.id)).toMatchObject([{ id: exception!.id, status: 'resolved' }]);
  });

  it('finds a payment whose callback was lost, by asking the rail', async () => {
    const { intent, payment } = await t.pay({}, { told: false });
    await nextMorning();

    const run = await t.runOver();

    expect(await read(intent.id)).toMatchObject({ status: 'succeeded', amount_captured: { value: 10_000 } });
    expect(await t.inflowsOf(intent.id)).toMatchObject([
      { channel_transaction_id: payment.transactionId, evidence: { source: 'query' } },
    ]);
    expect(run.counts).toMatchObject({ open: 0, waiting: 0 });
    expect(await discrepancies()).toEqual([]);
  });

  it('heals a payment of an order that nobody asks about any more', async () => {
    const { body: intent } = await t.create();
    await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
    await t.rail.setPayableAfterClose(true);
    await t.rail.pay(intent.channel_reference);
    await nextMorning();

    const run = await t.runOver();

    // It came late, so it goes back by the shop's policy.
    expect(run.counts).toMatchObject({ healed: 1, waiting: 0, open: 0 });
    expect(await t.inflowsOf(intent.id)).toMatchObject([{ kind: 'late', status: 'refunded' }]);
    const [operation] = await t.knex('itpay.channel_operations').where({ reference: intent.channel_reference });
    expect(operation.next_query_at).toBeNull();
  });

  it('ends a refund of which nobody said that it was done', async () => {
    const { intent } = await t.pay();
    await t.rail.script({ operation: 'refund', behaviour: 'pending' });
    const { body: refund } = await t.request('POST', '/v1/refunds', { body: { payment_intent_id: intent.id } });
    await t.rail.settleRefund(refund.channel_refund_reference, 'succeeded');
    await nextMorning();

    const { body: begun } = await t.request('POST', '/v1/reconciliations', {
      body: { channel: 'fake', from: DAY, to: DAY },
    });
    await t.settle();

    expect((await t.request('GET', `/v1/refunds/${refund.id}`)).body).toMatchObject({ status: 'succeeded' });
    expect((await t.read(begun.id)).counts).toMatchObject({ matched: 2, open: 0, waiting: 0 });
  });

  it.each<[state: string, prepare: (id: string) => Promise<unknown>]>([
    ['open', async () => {}],
    ['closed', (id) => t.request('POST', `/v1/payment-intents/${id}/cancel`, { body: {} })],
  ])('books nothing of a forged file for an order that is %s', async (_, prepare) => {
    const { body: intent } = await t.create({ expires_in: 7_200 });
    await prepare(intent.id);
    await t.rail.setStatement(DAY, [
      {
        kind: 'payment',
        reference: intent.channel_reference,
        transaction_id: 'TFORGED',
        amount: '10000',
        currency: 'THB',
        at: `${DAY}T08:00:00.000Z`,
        status: 'succeeded',
      },
    ]);
    await nextMorning();
    const before = await t.knex('itpay.ledger_entries').count();

    const first = await t.runOver();
    const second = await t.runOver();

    expect(first.counts).toMatchObject({ waiting: 1, open: 0, healed: 0, classes: { missing_here: 1 } });
    expect(await t.exceptions(second.id)).toMatchObject([
      { class: 'missing_here', status: 'open', payment_intent_id: intent.id, asked: 'closed', inflow_id: null },
    ]);
    expect((await read(intent.id)).amount_captured.value).toBe(0);
    expect(await t.inflowsOf(intent.id)).toEqual([]);
    expect(await t.knex('itpay.ledger_entries').count()).toEqual(before);
  });

  it('alarms about nothing while the rail does not answer questions, and asks again next time', async () => {
    const { body: intent } = await t.create();
    await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
    await t.rail.setPayableAfterClose(true);
    await t.rail.pay(intent.channel_reference);
    await nextMorning();
    await t.rail.script({ operation: 'query', behaviour: '500_before' });

    expect((await t.runOver()).counts).toMatchObject({ waiting: 1, open: 0 });
    expect((await t.runOver()).counts).toMatchObject({ waiting: 0, open: 0, healed: 1, resolved: 1 });
    expect(await discrepancies()).toEqual([]);
  });
});

describe('A day whose file', () => {
  it('is not ready by the calendar is not compared, and nothing of it is missing', async () => {
    await t.pay();

    expect(await t.runOver()).toMatchObject({
      status: 'completed',
      days: [{ day: DAY, file: 'not_ready' }],
      counts: { waiting: 0, open: 0 },
    });
  });

  it('comes late is asked for again', async () => {
    await t.pay();
    const rows = await t.rail.statement(DAY);
    await t.rail.setStatement(DAY, null);
    await nextMorning();
    const begun = await t.runOver();
    expect(begun).toMatchObject({ status: 'running', days: [{ day: DAY, file: 'pending' }] });

    await t.rail.setStatement(DAY, rows);
    await t.advance('1m');
    await t.settle();

    expect(await t.read(begun.id)).toMatchObject({
      status: 'completed',
      days: [{ file: 'read' }],
      counts: { matched: 1 },
    });
  });

  it('never comes is left out in the end', async () => {
    await t.pay();
    await t.rail.setStatement(DAY, null);
    await nextMorning();
    const begun = await t.runOver();

    for (const wait of ['1m', '5m', '15m'] as const) {
      await t.advance(wait);
      await t.settle();
    }

    expect(await t.read(begun.id)).toMatchObject({
      status: 'completed',
      days: [{ file: 'unavailable' }],
      counts: { waiting: 0, open: 0 },
    });
  });

  it('cannot be read is left out, and said', async () => {
    await t.pay();
    await t.rewrite((rows) => rows.map((row) => ({ ...row, amount: '1.5' })));
    await nextMorning();

    const run = await t.runOver();

    expect(run).toMatchObject({ status: 'completed', days: [{ file: 'unreadable' }], counts: { matched: 0, open: 0 } });
    expect(t.logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'The file of a day cannot be read.',
    ]);
    expect(await t.knex('itpay.statement_rows')).toEqual([]);
  });
});

describe('An exception', () => {
  const reason = 'The bank corrected its file by mail';
  const evidence = { mail: '2025-01-02', number: 7 };

  async function withException() {
    await t.pay();
    await t.rewrite((rows) => rows.map((row) => (row.kind === 'payment' ? { ...row, amount: '9999' } : row)));
    await nextMorning();
    const run = await t.runOver();
    const [exception] = await t.exceptions(run.id);
    const resolve = (body: object = { reason, evidence }, options: object = {}) =>
      t.request('POST', `/v1/reconciliations/${run.id}/exceptions/${exception!.id}/resolve`, {
        key: operator,
        body,
        ...options,
      });
    const { token: operator } = await t.keys.create({
      account: t.account,
      livemode: false,
      label: 'operator',
      preset: 'operator',
    });
    return { run, exception: exception!, resolve };
  }

  it('is resolved by an operator, once, with a reason and an audit entry, and stays resolved', async () => {
    const { run, exception, resolve } = await withException();

    const resolved = await resolve();
    expect(resolved).toMatchObject({ status: 200, body: { id: exception.id, status: 'resolved' } });
    expect(resolved.body.resolution).toMatchObject({ by: 'operator', reason });
    expect(await resolve()).toMatchObject({ status: 409, body: { error: { code: 'INVALID_STATE_TRANSITION' } } });

    const entries = await t.knex('itpay.audit_entries').where({ object_id: exception.id }).orderBy('id');
    expect(entries).toMatchObject([
      { action: 'exception', from_state: null, to_state: 'open' },
      { action: 'resolve', from_state: 'open', to_state: 'resolved', evidence_digest: expect.anything() },
    ]);
    const again = await t.runOver();
    expect(again.counts).toMatchObject({ open: 0, waiting: 0 });
    expect(await t.exceptions(again.id)).toMatchObject([{ id: exception.id, status: 'resolved' }]);
    expect(await t.exceptions(run.id, '&status=open')).toEqual([]);
    expect(await discrepancies()).toHaveLength(1);
  });

  it('is not resolved without a reason, by a merchant’s key, or under another run', async () => {
    const { exception, resolve } = await withException();
    await t.rail.setStatement(NEXT_DAY, []);
    const [other] = await t.runs();

    expect((await resolve({ evidence })).status).toBe(400);
    expect((await resolve(undefined, { key: t.testKey })).status).toBe(403);
    expect(other.id).not.toBe(undefined);
    const path = `/v1/reconciliations/rec_${'0'.repeat(26)}/exceptions/${exception.id}/resolve`;
    expect(await t.request('POST', path, { key: t.testKey, body: { reason, evidence } })).toMatchObject({
      status: 403,
    });
    expect((await t.exceptions(other.id)).map(({ status }) => status)).toEqual(['open']);
  });
});
