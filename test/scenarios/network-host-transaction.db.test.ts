import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';

describe('an intent on a rail with a network, in a transaction of the host', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
  });

  const create = (trx: any, more: object = {}) =>
    t.pay.payments.createIntent(
      { amount: { currency: 'THB', value: 10_000n }, channel: 'fake', orderReference: `x-${fresh++}`, ...more },
      { trx },
    );
  const calls = async (reference: string) => (await t.rail.entry(reference))?.received.authorize ?? 0;

  it('is pending without a code until the commit, and opened by what runs afterwards', async () => {
    let within = -1;
    const created = await t.pay.knex.transaction(async (trx) => {
      const intent = await create(trx);
      within = await calls(intent.channelReference);
      return intent;
    });
    const committed = await t.pay.payments.getIntent(created.id);

    await t.settle();
    const opened = await t.pay.payments.getIntent(created.id);

    expect([created.status, created.qr, within]).toEqual(['pending', null, 0]);
    expect(committed.status).toBe('pending');
    expect(opened).toMatchObject({ status: 'qr_generated', qr: { data: expect.any(String) } });
    expect(opened.channelReference).toBe(created.channelReference);
    expect(await calls(created.channelReference)).toBe(1);
  });

  it('is opened at once when the host presents it, and not once more later', async () => {
    const created = await t.pay.knex.transaction((trx) => create(trx));

    const presented = await t.pay.payments.present(created.id);
    const again = await t.pay.payments.present(created.id);
    await t.settle();

    expect(presented).toMatchObject({ id: created.id, status: 'qr_generated', qr: { data: expect.any(String) } });
    expect(again.qr).toEqual(presented.qr);
    expect(await calls(created.channelReference)).toBe(1);
  });

  it('is unknown to the rail when the host rolls back', async () => {
    const gone: string[] = [];
    const result = t.pay.knex.transaction(async (trx) => {
      const { id, channelReference } = await create(trx);
      gone.push(id, channelReference);
      throw new Error('no stock');
    });

    await expect(result).rejects.toThrow('no stock');
    await t.settle();

    expect(await t.rail.entry(gone[1]!)).toBeUndefined();
    await expect(t.pay.payments.present(gone[0]!)).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
  });

  it('keeps its number when the rail could not be reached, and is opened later', async () => {
    const created = await t.pay.knex.transaction((trx) => create(trx));
    await t.rail.script({ operation: 'authorize', behaviour: 'not_processed' });

    const first = await t.pay.payments.present(created.id);
    const second = await t.pay.payments.present(created.id);

    expect([first.status, second.status]).toEqual(['pending', 'qr_generated']);
    expect(await calls(created.channelReference)).toBe(2);
  });

  it('fails when the rail declines', async () => {
    const created = await t.pay.knex.transaction((trx) => create(trx));
    await t.rail.script({ operation: 'authorize', behaviour: 'decline' });

    await t.settle();

    expect(await t.pay.payments.getIntent(created.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'PAYMENT_DECLINED', category: 'declined' },
    });
  });

  it('cannot be cancelled before its order is settled, and can afterwards', async () => {
    const created = await t.pay.knex.transaction((trx) => create(trx));

    await expect(t.pay.payments.cancelIntent(created.id)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
    await t.settle();

    expect((await t.pay.payments.cancelIntent(created.id)).status).toBe('cancelled');
  });

  it('returns the same intent for a key, before and after the order is opened', async () => {
    const input = { amount: { currency: 'THB', value: 10_000n }, channel: 'fake' };
    const first = await t.pay.knex.transaction((trx) =>
      t.pay.payments.createIntent(input, { trx, idempotencyKey: 'host-1' }),
    );
    const before = await t.pay.payments.createIntent(input, { idempotencyKey: 'host-1' });
    await t.settle();

    const after = await t.pay.payments.createIntent(input, { idempotencyKey: 'host-1' });

    expect([before.id, after.id]).toEqual([first.id, first.id]);
    expect(after.qr).not.toBeNull();
    expect(await calls(first.channelReference)).toBe(1);
  });
});

describe('an intent that a host creates without a transaction', () => {
  it('comes with its code, or with the reason why not', async () => {
    const t = await testPayWithRail();
    const create = (orderReference: string) =>
      t.pay.payments.createIntent({ amount: { currency: 'THB', value: 10_000 }, channel: 'fake', orderReference });

    const created = await create('a');
    await t.rail.script({ operation: 'authorize', behaviour: 'decline' });
    const declined = create('b');
    await expect(declined).rejects.toMatchObject({ code: 'PAYMENT_DECLINED' });
    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const unknown = await create('c');

    expect(created.qr).not.toBeNull();
    expect([unknown.status, unknown.qr]).toEqual(['pending', null]);
  });
});
