import { describe, expect, it } from 'vitest';
import { camt, nextNumber } from './files.js';
import { eur, shopByTransfer } from './shop.js';

const HOUR_MS = 3_600_000;

describe('money that is not what was asked for', () => {
  it('waits for the rest when it is too little, and counts together with it', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);

    const first = await shop.bring(camt([{ cents: 600, order: payment.order }], { id: 'S1' }));
    expect((await shop.intent(payment.id)).status).toBe('qr_generated');
    const second = await shop.bring(camt([{ cents: 400, order: payment.order }], { id: 'S2', opening: 600 }));

    expect([first.body.counts.booked, second.body.counts.booked]).toEqual([1, 1]);
    expect(await shop.intent(payment.id)).toMatchObject({ status: 'succeeded', amount_captured: eur(1_000) });
    expect((await shop.inflows(payment.id)).map(({ kind }) => kind)).toEqual(['exact', 'under']);
  });

  it.each([
    ['too much', 1_200, 'over', { status: 'succeeded', amount_captured: eur(1_000) }],
    ['of another currency', 1_000, 'wrong_currency', { status: 'qr_generated' }],
  ])('is parked when it is %s', async (what, cents, kind, intent) => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    const currency = kind === 'wrong_currency' ? 'USD' : 'EUR';

    await shop.bring(camt([{ cents, order: payment.order, currency }], { balances: false }));

    expect(await shop.intent(payment.id)).toMatchObject(intent);
    expect(await shop.inflows(payment.id)).toMatchObject([{ kind, status: 'parked' }]);
  });

  it('is a duplicate when the payment is paid, from whichever file', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    await shop.bring(camt([{ cents: 1_000, order: payment.order }], { id: 'S1' }));

    const { body } = await shop.bring(camt([{ cents: 1_000, order: payment.order, text: 'again' }], { id: 'S2' }));

    expect(body.counts).toMatchObject({ booked: 1 });
    expect((await shop.inflows(payment.id)).map(({ kind, status }) => [kind, status])).toEqual([
      ['duplicate', 'parked'],
      ['exact', 'applied'],
    ]);
  });

  it('is late when the payment has expired', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    shop.clock.advance(100 * HOUR_MS);
    await shop.settle();
    expect((await shop.intent(payment.id)).status).toBe('expired');

    await shop.bring(camt([{ cents: 1_000, order: payment.order }]));

    expect(await shop.inflows(payment.id)).toMatchObject([{ kind: 'late', status: 'parked' }]);
    expect((await shop.intent(payment.id)).status).toBe('expired');
  });
});

describe('a line without one payment', () => {
  it('waits for somebody when it names none, with payments of that amount as suggestions', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    await shop.opened(2_000);

    const { body } = await shop.bring(camt([{ cents: 1_000, text: 'without a reference' }]));

    expect((await shop.intent(payment.id)).status).toBe('qr_generated');
    const [row] = await shop.rows(body.id, '&outcome=needs_match');
    expect(row).toMatchObject({ outcome: 'needs_match', payment_intent_id: null });
    expect(row.suggested_payment_intent_ids).toEqual([payment.id]);
    const applied = await shop.operate(`/v1/inflows/${row.inflow_id}/apply`, {
      payment_intent_id: row.suggested_payment_intent_ids[0],
      reason: 'The payer has called',
    });
    expect(applied.body).toMatchObject({ status: 'applied', kind: 'exact' });
    expect((await shop.intent(payment.id)).status).toBe('succeeded');
    const [after] = await shop.rows(body.id);
    expect(after.suggested_payment_intent_ids).toEqual([]);
  });

  it('waits for somebody when it names two, even when one of them has the amount', async () => {
    const shop = await shopByTransfer();
    const [one, two] = [await shop.opened(1_000), await shop.opened(500)];

    const { body } = await shop.bring(camt([{ cents: 1_000, order: one.order, text: two.order }]));
    const both = await shop.bring(camt([{ cents: 1_500, text: `RF00 ${one.order} and ${two.order}` }], { id: 'S2' }));

    expect(both.body.counts).toMatchObject({ needs_match: 1, booked: 0 });
    expect(await shop.inflows(two.id)).toEqual([]);
    // The first names one of them in the form in which payers have it, and the other as bare letters.
    expect(body.counts).toMatchObject({ booked: 1 });
    expect((await shop.intent(one.id)).status).toBe('succeeded');
  });

  it('finds a number without check digits, whatever the bank put between its characters', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    const torn = `Order ${payment.order.slice(0, 5).toLowerCase()}-${payment.order.slice(5, 9)} ${payment.order.slice(9)}`;

    await shop.bring(camt([{ cents: 1_000, text: torn }]));

    expect((await shop.intent(payment.id)).status).toBe('succeeded');
  });

  it('is the money that an operator has seen before under the same number', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    const bankReference = nextNumber();
    const { body: seen } = await shop.operate('/v1/inflows', {
      channel: 'bank_transfer',
      channel_transaction_id: bankReference,
      amount: eur(1_000),
      paid_at: '2025-01-02T00:00:00Z',
      payment_intent_id: payment.id,
      reason: 'Seen in the app of the bank',
      evidence: 'a picture',
    });
    expect(seen.status).toBe('applied');

    const { body } = await shop.bring(camt([{ cents: 1_000, order: payment.order, bankReference }]));

    expect(body.counts).toMatchObject({ matched: 1, booked: 0 });
    expect(await shop.inflows(payment.id)).toHaveLength(1);
    expect(await shop.rows(body.id)).toMatchObject([{ outcome: 'matched', inflow_id: seen.id }]);
  });
});

describe('money that a statement told', () => {
  it('is not recorded again by an operator who sees its number at the bank', async () => {
    const shop = await shopByTransfer();
    const [paid, other] = [await shop.opened(1_000), await shop.opened(1_000)];
    const bankReference = nextNumber();
    await shop.bring(camt([{ cents: 1_000, order: paid.order, bankReference }]));
    const seen = {
      channel: 'bank_transfer',
      channel_transaction_id: bankReference,
      amount: eur(1_000),
      paid_at: '2025-01-02T00:00:00Z',
      reason: 'Seen in the app of the bank',
      evidence: 'a picture',
    };

    const same = await shop.operate('/v1/inflows', { ...seen, payment_intent_id: paid.id });
    const wrong = await shop.operate('/v1/inflows', { ...seen, payment_intent_id: other.id });

    expect(same).toMatchObject({ status: 200, body: { payment_intent_id: paid.id } });
    expect(wrong).toMatchObject({ status: 409, body: { error: { code: 'RESOURCE_ALREADY_EXISTS' } } });
    expect(await shop.allInflows()).toHaveLength(1);
  });
});

describe('a file that is odd', () => {
  it('books nothing of a statement whose balances disagree, until one comes whose do', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    const line = { cents: 1_000, order: payment.order, bankReference: nextNumber() };

    const odd = await shop.bring(camt([line], { id: 'S1', closing: 999 }));
    expect((await shop.intent(payment.id)).status).toBe('qr_generated');
    const right = await shop.bring(camt([line], { id: 'S1' }));

    expect(odd.body).toMatchObject({
      counts: { held: 1, booked: 0 },
      warnings: [{ type: 'balances_disagree', statement_id: 'S1' }],
    });
    expect(right.body.counts).toMatchObject({ booked: 1, known: 0 });
    expect(await shop.intent(payment.id)).toMatchObject({ status: 'succeeded' });
    expect(await shop.table('statement_rows')).toHaveLength(1);
  });

  it('holds money that was taken back after it counted, and leaves the payment as it is', async () => {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    const bankReference = nextNumber();
    await shop.bring(camt([{ cents: 1_000, order: payment.order, bankReference }], { id: 'S1' }));
    const [inflow] = await shop.inflows(payment.id);

    const { body } = await shop.bring(
      camt(
        [
          { cents: 1_000, out: true, reversal: true, bankReference },
          { cents: 1_000, out: true, returnReason: 'MD06', text: payment.order, bankReference: nextNumber() },
        ],
        { id: 'S2', opening: 1_000 },
      ),
    );

    expect(body.counts).toMatchObject({ held: 2 });
    for (const row of await shop.rows(body.id)) {
      expect(row).toMatchObject({
        outcome: 'held',
        doubt: 'returned_after_booking',
        payment_intent_id: payment.id,
        inflow_id: inflow.id,
      });
    }
    expect((await shop.intent(payment.id)).status).toBe('succeeded');
  });

  it.each([
    ['no statement', Buffer.from('Dear customer, your statement is attached.')],
    ['nothing', Buffer.alloc(0)],
    ['an archive', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0, 0])],
    ['a document with a DOCTYPE', withHead('<!DOCTYPE x [<!ENTITY a "b">]>')],
    ['a bomb of entities', withHead(bomb())],
    [
      'a wrong encoding',
      Buffer.concat([camt([{ cents: 1, text: 'x' }]).subarray(0, 700), Buffer.from([0xff, 0xfe, 0xff])]),
    ],
    ['an amount below zero', replaced('10.00', '-10.00')],
    ['a zero below zero', replaced('10.00', '-0.00')],
    ['an amount that is none', replaced('10.00', '1e3')],
    ['a finer amount', replaced('10.00', '10.001')],
    ['a day that is none', replaced('<ValDt><Dt>2025-01-02', '<ValDt><Dt>2025-02-30')],
    ['the end cut off', camt([{ cents: 1_000, text: 'x' }]).subarray(0, -30)],
  ])('leaves nothing behind when it is %s', async (_what, file) => {
    const { shop, payment } = await shared();
    const before = await pictureOf(shop);
    const named = Buffer.from(file.toString('latin1').replace('ORDER', payment.order), 'latin1');

    const { status, body } = await shop.bring(named);

    expect([400, 422]).toContain(status);
    expect(['STATEMENT_INVALID', 'AMOUNT_PRECISION_UNSUPPORTED']).toContain(body.error.code);
    expect(await pictureOf(shop)).toEqual(before);
  });

  it('leaves nothing behind when it is too large', async () => {
    const { shop } = await shared();

    const { status, body } = await shop.bring(Buffer.alloc(8 * 1024 * 1024 + 1, 0x20));

    expect(status).toBe(413);
    expect(body.error).toMatchObject({ code: 'BODY_TOO_LARGE', details: { limit: 8 * 1024 * 1024 } });
    await expect(
      shop.pay.payments.importStatement({ channel: 'bank_transfer', file: endless() }),
    ).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});

describe('the transfer of a refund', () => {
  async function refunding() {
    const shop = await shopByTransfer();
    const payment = await shop.opened(1_000);
    await shop.bring(camt([{ cents: 1_000, order: payment.order }], { id: 'S1' }));
    return { shop, payment, refund: await shop.refundOf(payment.id, 400) };
  }

  it('completes it when the money has left', async () => {
    const { shop, payment, refund } = await refunding();
    expect(await shop.refund(refund.id)).toMatchObject({ status: 'processing', manual: true });

    const { body } = await shop.bring(
      camt([{ cents: 400, out: true, endToEndId: refund.reference, bankReference: 'R1' }], {
        id: 'S2',
        opening: 1_000,
      }),
    );

    expect(await shop.refund(refund.id)).toMatchObject({ status: 'succeeded', channel_refund_id: 'R1' });
    expect((await shop.intent(payment.id)).amount_refunded).toEqual(eur(400));
    expect(await shop.rows(body.id)).toMatchObject([
      { outcome: 'booked', refund_id: refund.id, payment_intent_id: payment.id, inflow_id: null },
    ]);
  });

  it.each([
    ['of another amount', [{ cents: 500 }], ['refund_amount_differs'], 'processing'],
    ['that was sent twice', [{ cents: 400 }, { cents: 400 }], [null, 'refund_sent_twice'], 'succeeded'],
  ])('is held %s', async (_what, lines, doubts, status) => {
    const { shop, refund } = await refunding();

    const { body } = await shop.bring(
      camt(
        lines.map((line) => ({ ...line, out: true, endToEndId: refund.reference, bankReference: nextNumber() })),
        { balances: false },
      ),
    );

    expect((await shop.rows(body.id)).map(({ doubt }) => doubt)).toEqual(doubts);
    expect((await shop.refund(refund.id)).status).toBe(status);
  });

  it('is confirmed when an operator completed it before', async () => {
    const { shop, refund } = await refunding();
    await shop.operate(`/v1/refunds/${refund.id}/complete`, { reason: 'Sent by hand', evidence: 'transfer 7' });

    const { body } = await shop.bring(
      camt([{ cents: 400, out: true, endToEndId: refund.reference }], { id: 'S2', opening: 1_000 }),
    );

    expect(await shop.rows(body.id)).toMatchObject([{ outcome: 'matched', refund_id: refund.id, doubt: null }]);
  });

  it('fails it when the bank sent it back before anybody saw it leave', async () => {
    const { shop, payment, refund } = await refunding();

    await shop.bring(
      camt([{ cents: 400, endToEndId: refund.reference, returnReason: 'AC04' }], { id: 'S2', opening: 1_000 }),
    );

    expect(await shop.refund(refund.id)).toMatchObject({ status: 'failed', failure: { class: 'known_no_effect' } });
    expect((await shop.intent(payment.id)).amount_refunded).toEqual(eur(0));
    expect(await shop.inflows(payment.id)).toHaveLength(1);
  });

  it('is held when it comes back after it was booked', async () => {
    const { shop, refund } = await refunding();

    const { body } = await shop.bring(
      camt(
        [
          { cents: 400, out: true, endToEndId: refund.reference },
          { cents: 400, endToEndId: refund.reference, returnReason: 'AC04' },
        ],
        { id: 'S2', opening: 1_000 },
      ),
    );

    expect(await shop.rows(body.id)).toMatchObject([
      { outcome: 'booked' },
      { outcome: 'held', doubt: 'returned_after_refund', return_reason: 'AC04', refund_id: refund.id },
    ]);
    expect((await shop.refund(refund.id)).status).toBe('succeeded');
  });
});

let house: ReturnType<typeof openHouse> | undefined;
async function openHouse() {
  const shop = await shopByTransfer();
  return { shop, payment: await shop.opened(1_000) };
}
/** One shop for all files that must change nothing. */
const shared = () => (house ??= openHouse());

const pictureOf = async (shop: Awaited<ReturnType<typeof shopByTransfer>>) => ({
  statements: await shop.table('statements'),
  rows: await shop.table('statement_rows'),
  inflows: await shop.table('inflows'),
});

function replaced(from: string, to: string): Buffer {
  const text = camt([{ cents: 1_000, text: 'ORDER' }], { balances: false }).toString();
  if (!text.includes(from)) throw new Error(`${from} is not in the file.`);
  return Buffer.from(text.replace(from, to));
}

function withHead(head: string): Buffer {
  return Buffer.from(
    camt([{ cents: 1_000, text: 'ORDER' }])
      .toString()
      .replace('?>', `?>${head}`),
  );
}

function bomb(): string {
  const entities = Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "&e${n};&e${n};">`).join('');
  return `<!DOCTYPE Document [<!ENTITY e0 "boom">${entities}]>`;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(1024 * 1024, 0x20);
}
