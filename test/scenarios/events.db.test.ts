import { inspect } from 'node:util';
import { promptpay } from '@itpay/channel-promptpay';
import type { EventEnvelope } from '@itpay/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshStore, testPay } from '../support/pay.js';
import { fakeRail } from './fake-rail.js';
import { tablesWith } from './tables.js';

type Instance = Awaited<ReturnType<typeof testPay>>;

const PATH = '/v1/payment-intents';
const amount = { currency: 'THB', value: 19_900 };
const create = async (t: Instance, more: object = {}) =>
  (await t.request('POST', PATH, { body: { amount, ...more } })).body;
const pay = (t: Instance, id: string) =>
  t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });

describe('a subscriber', () => {
  let t: Instance;
  beforeAll(async () => {
    t = await testPay();
    await t.pay.knex.raw('create table paid (intent text primary key)');
  });
  const paidRows = async () => (await t.pay.knex('paid').select('intent')).map(({ intent }) => intent);

  it('gets the whole story of a payment, numbered, in the form of the wire', async () => {
    const told: EventEnvelope<any>[] = [];
    t.pay.on('*', (event) => void told.push(event), { name: 'story' });
    await t.settle();
    told.length = 0; // the making of the test's own keys
    const intent = await create(t);
    t.clock.advance('5s');
    const paid = (await pay(t, intent.id)).body;
    t.clock.advance('1h');

    await t.settle();

    expect(told.map(({ type, sequence, timestamp }) => [type, sequence, timestamp.slice(17, 19)])).toEqual([
      ['payment_intent.created', 1, '00'],
      ['payment_intent.qr_generated', 2, '00'],
      ['qr_charge.created', 1, '00'],
      ['inflow.applied', 1, '05'],
      ['payment_intent.captured', 3, '05'],
      ['payment_intent.succeeded', 4, '05'],
      ['qr_charge.consumed', 2, '05'],
    ]);
    const now = ['qr', 'operation', 'next_action', 'duplicate_of_existing', 'pay_url'];
    const plain = Object.entries(paid).filter(([name]) => !now.includes(name));
    expect(told[5]).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'payment_intent.succeeded',
      timestamp: paid.succeeded_at,
      api_version: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      livemode: false,
      account: t.pay.account.id,
      sequence: 4,
      data: { object: Object.fromEntries(plain) },
    });
    expect(told.map(({ data }) => data.object.status)).toEqual([
      'pending',
      'qr_generated',
      'active',
      'applied',
      'captured',
      'succeeded',
      'consumed',
    ]);
  });

  it('writes together with the note that it handled the event, and again when it failed', async () => {
    let attempts = 0;
    t.pay.on('payment_intent.succeeded', async ({ data }, { trx }) => {
      await trx('paid').insert({ intent: data.object.id });
      if (++attempts < 3) throw new Error('mail server is down');
    });
    await t.settle();
    const { id } = await create(t);
    await pay(t, id);

    const seen: [number, number][] = [];
    for (const wait of ['0ms', '1s', '1s', '2s', '1h']) {
      t.clock.advance(wait);
      await t.settle();
      seen.push([attempts, (await paidRows()).length]);
    }

    // Again after one second, then after two; what a failed attempt wrote is gone.
    expect(seen).toEqual([
      [1, 0],
      [2, 0],
      [2, 0],
      [3, 1],
      [3, 1],
    ]);
    expect(await paidRows()).toEqual([id]);
  });

  it('waits for its own events only: one that fails does not hold up another', async () => {
    const told: string[] = [];
    t.pay.on('payment_intent.created', () => Promise.reject(new Error('always')), { name: 'broken' });
    t.pay.on('payment_intent.created', ({ data }) => void told.push(data.object.id), { name: 'sound' });
    await t.settle();

    const { id } = await create(t);
    await t.settle();

    expect(told).toEqual([id]);
  });

  it('is asked for another name when its own is taken', () => {
    t.pay.on('qr_charge.expired', () => {});

    expect(() => t.pay.on('qr_charge.expired', () => {})).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'name' }),
    );
  });
});

describe('after a restart, a subscriber', () => {
  it('is told what happened while nobody delivered, once, in order', async () => {
    const store = await freshStore();
    const told: string[] = [];
    const listen = (t: Instance) =>
      t.pay.on('payment_intent.*', ({ type, data }) => void told.push(`${data.object.id} ${type.split('.')[1]}`));
    const before = await testPay(store);
    listen(before);
    await before.settle();
    const { id } = await create(before);
    await pay(before, id);
    await before.stop(); // before any delivery

    const after = await testPay(store);
    listen(after);
    await after.settle();
    await after.settle();

    expect(told).toEqual(['created', 'qr_generated', 'captured', 'succeeded'].map((name) => `${id} ${name}`));
  });

  it('gets again what it failed at before', async () => {
    const store = await freshStore();
    const before = await testPay(store);
    before.pay.on('payment_intent.created', () => Promise.reject(new Error('not now')));
    await before.settle();
    const { id } = await create(before);
    await before.settle();
    await before.stop();

    const told: string[] = [];
    const after = await testPay(store);
    after.pay.on('payment_intent.created', ({ data }) => void told.push(data.object.id));
    after.clock.advance('1d');
    await after.settle();

    expect(told).toEqual([id]);
  });
});

describe('secrets', () => {
  it('stand nowhere but where they are needed', async () => {
    const rail = fakeRail({
      encode: ({ description }) => {
        if (description === 'break') throw new Error('The rail broke.');
        return { kind: 'qr', qrStandard: 'emvco', qrData: 'canary-of-the-fake-qr' };
      },
    });
    const t = await testPay({ plugins: [promptpay({ target: '0812345678' }), rail] });
    const payloads: unknown[] = [];
    t.pay.on('*', (event) => {
      payloads.push(event);
      if (event.type === 'payment_intent.created') throw new Error('not now');
    });
    await t.settle();
    const intent = await create(t);
    const token = new URL(intent.pay_url).searchParams.get('t')!;
    const inProcess = await t.pay.payments.createIntent(
      { amount, channel: 'fake' },
      { idempotencyKey: 'canary-of-the-key' },
    );
    // Whatever makes the log speak: an encoder that breaks, a database that refuses the row, callers that are refused.
    await create(t, { channel: 'fake', description: 'break' });
    await t.pay.knex.raw(`alter table itpay.qr_charges add constraint canary check (channel <> 'fake') not valid`);
    const refusedByDatabase = await t.request('POST', PATH, { body: { amount, channel: 'fake' } });
    await t.request('GET', `${PATH}/${intent.id}/wait?t=${token}x&timeout=0`, { key: null });
    await t.request('GET', `/v1/qr-charges/${intent.qr.charge_id}/image.png?t=${token}`, { key: null });
    await t.request('GET', PATH, { key: `${t.testKey.slice(0, -1)}x` });
    await pay(t, intent.id);
    await t.settle();
    const log = inspect(t.logger.lines, { depth: 20, maxStringLength: null, maxArrayLength: null });
    const events = JSON.stringify(payloads);

    const secrets = {
      qr: intent.qr.qr_data as string,
      fakeQr: inProcess.qr!.data,
      token: token.split('.')[1]!,
      testKey: t.testKey.split('_').slice(3).join('_'),
      liveKey: t.liveKey.split('_').slice(3).join('_'),
      idempotencyKey: 'canary-of-the-key',
    };
    const tables: Record<string, string[]> = {};
    for (const [name, secret] of Object.entries(secrets)) tables[name] = await tablesWith(t.pay.knex, secret);

    expect(refusedByDatabase.status).toBe(500);
    expect(t.logger.lines.length).toBeGreaterThanOrEqual(3);
    expect(tables).toEqual({
      qr: ['qr_charges'],
      fakeQr: ['qr_charges'],
      token: [],
      testKey: [],
      liveKey: [],
      idempotencyKey: [],
    });
    for (const secret of Object.values(secrets)) {
      expect(log).not.toContain(secret);
      expect(events).not.toContain(secret);
      expect(refusedByDatabase.text).not.toContain(secret);
    }
  });
});
