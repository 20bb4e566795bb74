import { beforeEach, describe, expect, it } from 'vitest';
import { shopWithRail, thb, type Shop } from './shop.js';

// What certainly did not happen may be sent again under its number (protocol, 6.2). Meanwhile the payment went on: what is
// sent again must still be wanted then, and must not meet what excludes it (6.3).

let t: Shop;
beforeEach(async () => {
  t = await shopWithRail({ timeoutMs: 2_500 });
});

/** The payment is not heard of by asking. */
const NO_ANSWERS = { operation: 'query', behaviour: '500_before', times: 3 } as const;
const received = async (reference: string) => (await t.rail.entry(reference))!.received;
const kindOf = async (id: string, kind: string) =>
  (await t.operations(id)).find((operation) => operation.kind === kind);
const under = (idempotencyKey: string, path: string, body: object = {}) =>
  t.request('POST', path, { idempotencyKey, body });

describe('closing an order whose time is over', () => {
  it('leaves a hold alone that the payer gave before the second attempt', async () => {
    const { id, reference } = await t.opened({ capture_method: 'manual' });
    await t.rail.pay(reference);
    await t.rail.script({ operation: 'cancel', behaviour: '429' }, NO_ANSWERS);
    t.clock.advance('16m');
    await t.settle();
    const tried = await kindOf(id, 'cancel');

    await t.rail.clearScript();
    await t.tellAbout(reference);
    t.clock.advance('2m');
    await t.settle();

    expect(tried).toMatchObject({ state: 'not_sent' });
    expect((await received(reference)).cancel).toBe(1);
    expect((await t.intent(id)).status).toBe('authorized');
    expect((await t.capture(id)).body.status).toBe('succeeded');
  });

  it('cancels a payment whose hold went with the order, authorized while that was being closed', async () => {
    const { id, reference } = await t.opened({ capture_method: 'manual' });
    await t.rail.pay(reference);
    const notices = await t.about(reference);
    await t.rail.script({ operation: 'cancel', behaviour: 'slow:1200' }, NO_ANSWERS);
    t.clock.advance('16m');
    const closing = t.settle();
    await expect.poll(async () => (await received(reference)).cancel, { timeout: 10_000 }).toBe(1);

    for (const notice of notices) await t.tell(notice);
    const meanwhile = (await t.intent(id)).status;
    await closing;
    await t.rail.clearScript();
    t.clock.advance('6s');
    await t.settle();

    expect(meanwhile).toBe('authorized');
    expect((await t.rail.entry(reference))!.order!.status).toBe('closed');
    expect((await t.intent(id)).status).toBe('cancelled');
  });
});

describe('a capture that did not happen', () => {
  it('is not sent again while a void is under way', async () => {
    const { id, reference } = await t.held();
    await t.rail.script({ operation: 'capture', behaviour: 'timeout_before' });
    await t.capture(id);
    t.clock.advance('6s');
    await t.settle();
    const capture = await kindOf(id, 'capture');
    await t.rail.script(
      { operation: 'cancel', behaviour: 'timeout_before' },
      { operation: 'query', behaviour: '500_before', times: 4 },
    );

    const voided = await t.cancel(id);
    t.clock.advance('61s');
    await t.settle();
    const beside = await received(reference);
    await t.rail.clearScript();
    for (const time of ['5m', '61s', '61s'] as const) {
      t.clock.advance(time);
      await t.settle();
    }

    expect(capture).toMatchObject({ state: 'not_sent' });
    expect(voided.status).toBe(202);
    expect(beside).toMatchObject({ capture: 1, cancel: 1 });
    const { order, captures } = (await t.rail.entry(reference))!;
    expect([(await t.intent(id)).status, order!.status, captures.length]).toEqual(
      captures.length === 0 ? ['cancelled', 'closed', 0] : ['succeeded', 'captured', 1],
    );
  });

  it('takes no other amount under its key when another capture has taken its place', async () => {
    const { id, reference } = await t.held();
    const path = `/v1/payment-intents/${id}/capture`;
    await t.rail.script({ operation: 'capture', behaviour: '429', times: 2 });
    const first = await under('four', path, { amount: thb(4_000) });
    const second = await under('six', path, { amount: thb(6_000) });

    const again = await under('four', path, { amount: thb(4_000) });

    expect([first.status, second.status, again.status]).toEqual([502, 502, 409]);
    expect((await t.rail.entry(reference))!.captures).toEqual([]);
    expect((await under('six', path, { amount: thb(6_000) })).body).toMatchObject({ amount_captured: thb(6_000) });
  });
});

describe('a void that is asked about and sent again at once', () => {
  it('is done when the rail has done it, though a late answer tells of the attempt before', async () => {
    const { id, reference } = await t.held();
    const path = `/v1/payment-intents/${id}/cancel`;
    await t.rail.script(
      { operation: 'cancel', behaviour: 'timeout_before' },
      { operation: 'query', behaviour: 'slow:1000' },
      { operation: 'cancel', behaviour: 'slow:1800' },
    );
    await under('void', path);
    t.clock.advance('6s');
    const asking = t.settle();
    await expect.poll(async () => (await received(reference)).query, { timeout: 10_000 }).toBe(1);

    const again = await under('void', path);
    await asking;

    expect(again).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });
});

describe('a refund that did not happen', () => {
  it('is sent again by itself, because its caller may be gone', async () => {
    const { id } = await t.paid();
    await t.rail.script({ operation: 'refund', behaviour: '429' });

    const answer = await t.refund(id);
    const [waiting] = await t.refunds(id);
    t.clock.advance('61s');
    await t.settle();

    expect(answer.body.error).toMatchObject({ code: 'CHANNEL_ERROR', message: expect.stringContaining('by itself') });
    expect(waiting).toMatchObject({ status: 'processing' });
    expect(await t.refunds(id)).toMatchObject([{ status: 'succeeded' }]);
  });
});

describe('a void that did not happen', () => {
  it('is sent again by itself', async () => {
    const { id, reference } = await t.held();
    await t.rail.script({ operation: 'cancel', behaviour: '429' });

    const answer = await t.cancel(id);
    t.clock.advance('61s');
    await t.settle();

    expect(answer.body.error).toMatchObject({ code: 'CHANNEL_ERROR', message: expect.stringContaining('by itself') });
    expect(await t.rows('voids')).toMatchObject([{ status: 'voided' }]);
    expect((await t.rail.entry(reference))!.order!.status).toBe('closed');
  });

  it('ends when the payment was paid before it could be sent again', async () => {
    const { id, reference } = await t.opened();
    await t.rail.script({ operation: 'cancel', behaviour: '429' });
    await t.cancel(id);
    await t.rail.pay(reference);
    await t.tellAbout(reference);

    t.clock.advance('61s');
    await t.settle();

    expect(await t.rows('voids')).toMatchObject([{ status: 'failed' }]);
    expect((await t.intent(id)).status).toBe('succeeded');
  });
});

describe('an order whose code was lost', () => {
  it('stays unknown when asking for the code again fails, because the rail has said that it exists', async () => {
    await t.rail.script(
      { operation: 'authorize', behaviour: 'timeout_after' },
      { operation: 'authorize', behaviour: '429' },
    );
    const { body } = await t.create({ order_reference: 'code-lost' });

    t.clock.advance('6s');
    await t.settle();
    const asked = await kindOf(body.id, 'authorize');
    t.clock.advance('31s');
    await t.settle();

    expect(asked).toMatchObject({ state: 'unknown' });
    expect(await t.intent(body.id)).toMatchObject({
      status: 'qr_generated',
      channel_reference: body.channel_reference,
    });
  });
});

describe('a fresh code', () => {
  it('is the same under the same key, also where it opened the order', async () => {
    await t.rail.script({ operation: 'authorize', behaviour: '429' });
    const created = await t.create({ order_reference: 'opened-later' });
    const { id } = created.body.error.details.object;

    const first = await under('qr', `/v1/payment-intents/${id}/qr`);
    const again = await under('qr', `/v1/payment-intents/${id}/qr`);

    expect(first).toMatchObject({ status: 201, body: { qr: { qr_data: expect.any(String) } } });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await t.rows('qr_charges', { payment_intent_id: id })).toHaveLength(1);
  });
});
