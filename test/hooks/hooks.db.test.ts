import { promptpay } from '@itpay/channel-promptpay';
import { definePlugin, Hooks, veto, type Hook, type HookPoint, type HookSubject } from '@itpay/kernel';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import type { Knex } from 'knex';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshStore, testPay } from '../support/pay.js';
import { operatorKey } from '../scenarios/operator.js';
import { contents } from '../scenarios/tables.js';

// A hook at every point, which says what the test wants and remembers what it was told.

const POINTS: readonly HookPoint[] = [
  'payment_intent.create',
  'payment_intent.capture',
  'payment_intent.cancel',
  'refund.create',
  'inflow.resolve',
];

const told: { phase: 'before' | 'within'; subject: HookSubject & { object?: { id?: unknown } } }[] = [];
let before: Hook['before'];
let within: Hook['within'];
beforeEach(() => {
  told.length = 0;
  before = undefined;
  within = undefined;
});

const hooks = definePlugin({
  name: 'watcher',
  version: '1',
  migrations: [
    { name: '0001-notes', up: 'create table {schema}.watcher_notes (id serial primary key, point text not null);' },
  ],
  register: (registry) =>
    registry.contribute(Hooks, [], () =>
      POINTS.map((on): Hook => ({
        name: `watcher.${on}`,
        on,
        before: (subject, context) => {
          told.push({ phase: 'before', subject });
          return before?.(subject, context);
        },
        within: async (subject, tx) => {
          told.push({ phase: 'within', subject });
          await tx.trx.withSchema('itpay').table('watcher_notes').insert({ point: on });
          await within?.(subject, tx);
        },
      })),
    ),
});

const setUp = async () => {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  const t = await testPay({
    ...(await freshStore()),
    paymentPolicy: { late: 'park', over: 'park', under: 'park' },
    plugins: [
      fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test' }),
      promptpay({ target: '0812345678' }),
      hooks,
    ],
  });
  return { ...t, rail, operator: await operatorKey(t) };
};
let t: Awaited<ReturnType<typeof setUp>>;
beforeAll(async () => void (t = await setUp()));

const THB = (value: number) => ({ currency: 'THB', value });
let orders = 0;
const create = (more: object = {}, idempotencyKey?: string) =>
  t.request('POST', '/v1/payment-intents', {
    body: { amount: THB(10_000), channel: 'fake', order_reference: `h-${(orders += 1)}`, ...more },
    idempotencyKey,
  });
const deliver = async (reference: string) => {
  for (const { url, headers, body, reference: of } of await t.rail.callbacks()) {
    if (of === reference) await t.pay.fetch(new Request(url, { method: 'POST', headers, body }));
  }
};
const pay = async ({ channel_reference: reference }: any, amount?: bigint) => {
  await t.rail.pay(reference, amount === undefined ? {} : { amount });
  await deliver(reference);
};

/** Brings a payment to where the point stands, and says how to go through it. */
const SITUATIONS: Readonly<Record<HookPoint, () => Promise<{ go: (key?: string) => ReturnType<typeof create> }>>> = {
  'payment_intent.create': async () => {
    const order = `h-${(orders += 1)}`;
    return { go: (key) => create({ order_reference: order }, key) };
  },
  'payment_intent.capture': async () => {
    const { body: intent } = await create({ capture_method: 'manual' });
    await pay(intent);
    return { go: (key) => act(`/v1/payment-intents/${intent.id}/capture`, { amount: THB(6_000) }, key) };
  },
  'payment_intent.cancel': async () => {
    const { body: intent } = await create();
    return { go: (key) => act(`/v1/payment-intents/${intent.id}/cancel`, { reason: 'changed_mind' }, key) };
  },
  'refund.create': async () => {
    const { body: intent } = await create();
    await pay(intent);
    const body = { payment_intent_id: intent.id, amount: THB(4_000), reason: 'customer_request' };
    return { go: (key) => act('/v1/refunds', body, key) };
  },
  'inflow.resolve': async () => {
    const { body: intent } = await create();
    await pay(intent, 3_000n);
    const { data } = (await t.request('GET', `/v1/inflows?payment_intent_id=${intent.id}`, { key: t.operator })).body;
    return { go: (key) => act(`/v1/inflows/${data[0].id}/keep`, { reason: 'Settled otherwise' }, key) };
  },
};
const act = (path: string, body: object, idempotencyKey?: string) =>
  t.request('POST', path, { key: t.operator, body, idempotencyKey });

const notes = async () => (await t.pay.knex.withSchema('itpay').table('watcher_notes').select('id')).length;

describe.each(POINTS)('At %s', (point) => {
  let go: (key?: string) => ReturnType<typeof create>;
  beforeEach(async () => {
    ({ go } = await SITUATIONS[point]());
    told.length = 0;
  });

  it('both hooks hear what is about to happen, and what was written', async () => {
    const written = await notes();

    const { status, body } = await go();

    expect(status).toBeLessThan(300);
    expect(told.map(({ phase, subject }) => [phase, subject.point])).toEqual([
      ['before', point],
      ['within', point],
    ]);
    expect(told[0]!.subject).toMatchObject({ actor: { account: t.pay.account.id, livemode: false } });
    expect(told[1]!.subject.object).toMatchObject({ object: expect.any(String), id: body.id });
    expect(await notes()).toBe(written + 1);
  });

  it('neither is called for a repeated request', async () => {
    const first = await go(`again-${point}`);
    told.length = 0;

    const again = await go(`again-${point}`);

    expect([again.status, again.body.id, told]).toEqual([first.status, first.body.id, []]);
  });

  it('a veto leaves nothing behind, and the key free', async () => {
    before = () => {
      throw veto('closed_today', 'The shop is closed today.');
    };
    const untouched = await contents(t.pay.knex);

    const { status, body } = await go(`veto-${point}`);

    expect([status, body.error]).toEqual([
      403,
      expect.objectContaining({
        code: 'OPERATION_VETOED',
        message: 'The shop is closed today.',
        details: { veto: 'closed_today', hook: `watcher.${point}` },
      }),
    ]);
    expect(await contents(t.pay.knex)).toEqual(untouched);
    before = undefined;
    expect((await go(`veto-${point}`)).status).toBeLessThan(300);
  });

  it('a veto inside takes back what was written, also by hooks', async () => {
    within = async () => {
      throw veto('spent', 'The points are spent.');
    };
    const untouched = await contents(t.pay.knex);

    const { status, body } = await go(`inside-${point}`);

    expect([status, body.error.details]).toEqual([403, { veto: 'spent', hook: `watcher.${point}` }]);
    expect(await contents(t.pay.knex)).toEqual(untouched);
    within = undefined;
    expect((await go(`inside-${point}`)).status).toBeLessThan(300);
  });
});

it('a void of a paid payment is a refund, for hooks too', async () => {
  const { body: intent } = await create();
  await pay(intent);
  told.length = 0;

  await act('/v1/voids', { target_type: 'payment_intent', target_id: intent.id });

  expect(told.map(({ phase, subject }) => [phase, subject.point])).toEqual([
    ['before', 'refund.create'],
    ['within', 'refund.create'],
  ]);
});

describe('Before a payment is created, a hook', () => {
  const amount = THB(10_000);

  it('may prefer a channel and add metadata; what the request says stays', async () => {
    before = () => ({ channels: ['nobody', 'promptpay'], metadata: { tier: 'gold', cart: 'of the hook' } });

    const { body: intent } = await t.request('POST', '/v1/payment-intents', {
      body: { amount, metadata: { cart: 'c-17' } },
    });

    expect(intent).toMatchObject({ channel: 'promptpay', metadata: { tier: 'gold', cart: 'c-17' } });
  });

  it('cannot lead it to a channel that was not allowed', async () => {
    before = () => ({ channels: ['promptpay'] });

    const { body: intent } = await create({ channel: 'fake' });

    expect([intent.channel, intent.allowed_channels]).toEqual(['fake', ['fake']]);
  });

  it('that adds metadata beyond the limits is a mistake of the installation', async () => {
    before = () => ({ metadata: { 'no key': 'x' } });

    expect((await create()).status).toBe(500);
  });
});

describe('In a transaction of the host', () => {
  const input = (order: string) => ({ amount: THB(10_000), channel: 'promptpay', orderReference: order });
  const open = <T>(work: (trx: Knex.Transaction) => Promise<T>) => t.pay.knex.transaction(work);

  it('hooks are asked before it, and their ticket is shown inside', async () => {
    const ticket = await t.pay.payments.prepare(input('trx-1'));
    expect(told.map(({ phase }) => phase)).toEqual(['before']);

    const intent = await open((trx) => t.pay.payments.createIntent(input('trx-1'), { trx, ticket }));

    expect(told.map(({ phase }) => phase)).toEqual(['before', 'within']);
    expect(intent.status).toBe('qr_generated');
  });

  it('nobody is asked while it is open', async () => {
    const refused = open((trx) => t.pay.payments.createIntent(input('trx-2'), { trx }));

    await expect(refused).rejects.toMatchObject({ code: 'PARAMETER_MISSING', param: 'ticket' });
    expect(told).toEqual([]);
  });

  it('a ticket counts for its own payment', async () => {
    const ticket = await t.pay.payments.prepare(input('trx-3'));

    const refused = open((trx) => t.pay.payments.createIntent(input('trx-4'), { trx, ticket }));

    await expect(refused).rejects.toMatchObject({ code: 'PARAMETER_INVALID', param: 'ticket' });
  });

  it('a veto inside leaves the rows of the host to the host', async () => {
    const ticket = await t.pay.payments.prepare(input('trx-5'));
    within = async () => {
      throw veto('spent', 'The points are spent.');
    };

    const wrote = await open(async (trx) => {
      await trx.withSchema('itpay').table('watcher_notes').insert({ point: 'of the host' });
      await expect(t.pay.payments.createIntent(input('trx-5'), { trx, ticket })).rejects.toMatchObject({
        code: 'OPERATION_VETOED',
      });
      return trx.withSchema('itpay').table('watcher_notes').where({ point: 'of the host' });
    });

    expect(wrote).toHaveLength(1);
    expect((await t.pay.payments.listIntents({ orderReference: 'trx-5' })).intents).toEqual([]);
  });
});
