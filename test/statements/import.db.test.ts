import { describe, expect, it } from 'vitest';
import { camt, nextNumber } from './files.js';
import { eur, shopByTransfer } from './shop.js';

const PAYER = 'Erika Muster';

describe('a statement of the bank', () => {
  it('pays the payment whose reference a line names', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(12_345);
    const file = camt([
      { cents: 12_345, order: payment.order, text: 'Invoice 7', bankReference: 'B1' },
      { cents: 400, out: true, text: 'Account fee', bankReference: 'B2' },
    ]);

    const { status, body } = await shop.bring(file, { name: 'november.xml' });

    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'statement',
      livemode: false,
      channel: 'bank_transfer',
      merchant_account: 'DE36000000000000000000',
      file_name: 'november.xml',
      source: 'upload',
      day: null,
      status: 'finished',
      counts: { rows: 2, booked: 1, matched: 0, needs_match: 0, held: 0, noted: 1, known: 0 },
      warnings: [],
      statements: [{ statement_id: 'S1', account: '****0000', balances_agree: true, complete: true, rows: 2 }],
    });
    expect(await shop.intent(payment.id)).toMatchObject({ status: 'succeeded', amount_captured: eur(12_345) });
    const [inflow] = await shop.inflows(payment.id);
    expect(inflow).toMatchObject({ kind: 'exact', status: 'applied', evidence: { source: 'statement' } });
    const [row, fee] = await shop.rows(body.id);
    expect(row).toMatchObject({
      kind: 'credit',
      outcome: 'booked',
      payment_intent_id: payment.id,
      inflow_id: inflow.id,
      reference: payment.order,
      counterparty: { name: PAYER },
      doubt: null,
    });
    expect(row.text).toContain('Invoice 7');
    expect(fee).toMatchObject({ kind: 'debit', outcome: 'noted', payment_intent_id: null });
  });

  it('names no payer and no text but to those who may read rows', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(500);
    await shop.bring(camt([{ cents: 500, order: payment.order, text: 'Thanks for the shoes', bankReference: 'B1' }]));

    for (const table of ['events', 'audit_entries', 'statements', 'inflows']) {
      const text = JSON.stringify(await shop.table(table));
      expect(text, table).not.toContain(PAYER);
      expect(text, table).not.toContain('shoes');
    }
    const [row] = await shop.table('statement_rows');
    expect(Buffer.from(row.sealed_details).toString('latin1')).not.toContain('shoes');
  });

  it('is one statement, however often the same bytes come', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(500);
    const file = camt([
      { cents: 500, order: payment.order },
      { cents: 300, text: 'a gift' },
    ]);

    const first = await shop.bring(file);
    const second = await shop.bring(file, { name: 'again.xml' });

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(await shop.allInflows()).toHaveLength(2);
    expect(await shop.table('statements')).toHaveLength(1);
  });

  it('answers a repeated request as before, and refuses its key for other bytes', async () => {
    const shop = await shopByTransfer();
    const file = camt([{ cents: 500, text: 'a gift' }]);

    const first = await shop.bring(file, { once: 'k' });
    const again = await shop.bring(file, { once: 'k' });
    const other = await shop.bring(camt([{ cents: 501, text: 'a gift' }]), { once: 'k' });

    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(other).toMatchObject({ status: 422, body: { error: { code: 'IDEMPOTENCY_KEY_REUSED' } } });
  });

  it('books a line once that came at once in camt.054 and again in camt.053', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(500);
    const line = { cents: 500, order: payment.order, bankReference: nextNumber() };

    const advice = await shop.bring(camt([line], { kind: '054', id: 'N1' }));
    const statement = await shop.bring(camt([{ cents: 700, text: 'a gift' }, line], { id: 'S1' }));

    expect(advice.body.counts).toMatchObject({ rows: 1, booked: 1 });
    expect(statement.body.counts).toMatchObject({ rows: 2, booked: 0, needs_match: 1, known: 1 });
    expect(await shop.inflows(payment.id)).toHaveLength(1);
  });

  it('books a line that was pending when it is booked', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(500);
    const line = { cents: 500, order: payment.order, bankReference: nextNumber() };

    const pending = await shop.bring(camt([{ ...line, pending: true }], { kind: '054', id: 'N1' }));
    expect((await shop.intent(payment.id)).status).toBe('qr_generated');
    const booked = await shop.bring(camt([line], { id: 'S1' }));

    expect(pending.body.counts).toMatchObject({ rows: 1, noted: 1 });
    expect(booked.body.counts).toMatchObject({ rows: 1, booked: 1, known: 0 });
    expect((await shop.intent(payment.id)).status).toBe('succeeded');
    expect(await shop.table('statement_rows')).toHaveLength(1);
  });

  it('books two equal lines of one file twice', async () => {
    const shop = await shopByTransfer();
    const line = { cents: 500, text: 'the same' };

    const { body } = await shop.bring(camt([line, line]));

    expect(body.counts).toMatchObject({ rows: 2, needs_match: 2, known: 0 });
    expect(await shop.allInflows()).toHaveLength(2);
  });

  it('warns of a gap before it, and books it all the same', async () => {
    const shop = await shopByTransfer();
    await shop.bring(camt([{ cents: 500, text: 'one' }], { id: 'S1', opening: 0 }));
    const payment = await shop.opened(300);

    const { body } = await shop.bring(camt([{ cents: 300, order: payment.order }], { id: 'S3', opening: 900 }));

    expect(body.warnings).toEqual([{ type: 'gap', statement_id: 'S3', expected: eur(500), found: eur(900) }]);
    expect((await shop.intent(payment.id)).status).toBe('succeeded');
    const { body: next } = await shop.bring(camt([{ cents: 1, text: 'x' }], { id: 'S4', opening: 1_200 }));
    expect(next.warnings).toEqual([]);
  });

  it('is brought by the first account alone, because it tells about all', async () => {
    const shop = await shopByTransfer();
    const other = await shop.pay.accounts.create('Second Shop');
    const { token } = await shop.pay.keys.create({
      account: other.id,
      livemode: false,
      label: 'o',
      preset: 'operator',
    });
    const file = camt([{ cents: 500, text: 'a gift' }]);

    const refused = await shop.bring(file, { key: token });

    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'PERMISSION_DENIED' } } });
    expect(refused.body.error.message).toContain('first account');
    const { body } = await shop.bring(file);
    expect((await shop.request('GET', `/v1/statements/${body.id}`, { key: token })).status).toBe(404);
    expect((await shop.request('GET', '/v1/statements', { key: token })).body.data).toEqual([]);
  });

  it('pays the payment of another account too, whose row only that account has', async () => {
    const shop = await shopByTransfer();
    const other = await shop.pay.accounts.create('Second Shop');
    const intent = await shop.pay
      .as({ account: other.id, livemode: false })
      .payments.createIntent({ amount: { currency: 'EUR', value: 500 }, channel: 'bank_transfer' });

    const { body } = await shop.bring(camt([{ cents: 500, order: intent.channelReference }]));

    expect(body.counts).toMatchObject({ rows: 1, booked: 1 });
    const theirs = await shop.pay.as({ account: other.id, livemode: false }).payments.getIntent(intent.id);
    expect(theirs.status).toBe('succeeded');
    expect(await shop.rows(body.id)).toEqual([]);
    const [row] = await shop.table('statement_rows');
    expect(row).toMatchObject({ account: other.id, payment_intent_id: intent.id });
  });

  it('is refused for a channel that reads no files', async () => {
    const { promptpay } = await import('@itpay/channel-promptpay');
    const shop = await shopByTransfer({ plugins: [promptpay()] });

    const refused = await shop.bring(camt([]), { channel: 'promptpay' });
    const unknown = await shop.bring(camt([]), { channel: 'nothing' });

    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'CHANNEL_CAPABILITY_UNSUPPORTED' } } });
    expect(unknown).toMatchObject({ status: 400, body: { error: { code: 'CHANNEL_NOT_SUPPORTED' } } });
  });
});
