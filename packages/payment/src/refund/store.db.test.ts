import { money } from '@itpay/core';
import { definePlugin, insertOperation, queuedOperation, type Database } from '@itpay/kernel';
import { beforeEach, expect, it } from 'vitest';
import { migratedSchema } from '../../../../test/support/kernel.js';
import { aPaidIntent, aRefund } from '../../test/refund-samples.js';
import { INTENT_ID, NOW } from '../../test/samples.js';
import { payment0001 } from '../migrations/0001-payment.js';
import { payment0002 } from '../migrations/0002-money.js';
import { newRefundOperation } from './rail.js';
import { RefundStore } from './store.js';

const tables = definePlugin({ name: 'payment', version: '1', migrations: [payment0001, payment0002], register() {} });
const { account, livemode } = aRefund();
const owner = { account, livemode };

let database: Database;
let store: RefundStore;
beforeEach(async () => {
  ({ database } = await migratedSchema([tables]));
  store = new RefundStore(database);
});

const insert = (...refunds: ReturnType<typeof aRefund>[]) =>
  database.transaction(async (tx) => {
    for (const refund of refunds) await store.insert(tx, refund);
  });

it('keeps every field', async () => {
  const failure = { code: 'PAYMENT_DECLINED', class: 'permanent' } as const;
  const refund = aRefund({
    inflowId: 'inf_1',
    description: 'Cold noodles',
    channelRefundId: 'r-1',
    failure,
    succeededAt: NOW,
  });
  await insert(refund);

  expect(await store.find(database, owner, refund.id)).toEqual(refund);
  expect(await database.transaction((tx) => store.lock(tx, refund.id))).toEqual(refund);
  expect(await store.ofIntent(database, INTENT_ID)).toEqual([refund]);
});

it('shows a refund to its own account and mode only', async () => {
  await insert(aRefund());

  expect(await store.find(database, { ...owner, account: 'm_other' }, aRefund().id)).toBeNull();
  expect(await store.find(database, { ...owner, livemode: true }, aRefund().id)).toBeNull();
});

it('writes what can change, once per version', async () => {
  await insert(aRefund());
  const done = aRefund({
    status: 'succeeded',
    channelRefundId: 'r-1',
    manual: true,
    version: 2,
    sequence: 3,
    updatedAt: new Date(NOW.getTime() + 1),
    succeededAt: NOW,
  });

  await database.transaction((tx) => store.save(tx, done));

  expect(await store.find(database, owner, done.id)).toEqual(done);
  await expect(database.transaction((tx) => store.save(tx, done))).rejects.toThrow('changed while');
});

it('lists page by page in both directions', async () => {
  const [a, b, c] = ['ref_1', 'ref_2', 'ref_3'].map((id) => aRefund({ id }));
  await insert(a!, b!, c!, aRefund({ id: 'ref_4', account: 'm_other' }), aRefund({ id: 'ref_5', status: 'failed' }));
  const filter = {
    ...owner,
    status: 'processing',
    paymentIntentId: INTENT_ID,
    createdGte: NOW,
    createdLte: NOW,
    cursor: null,
    limit: 2,
  };
  const ids = async (...args: Parameters<RefundStore['list']>) => (await store.list(...args)).map(({ id }) => id);

  expect(await ids(filter, false)).toEqual(['ref_3', 'ref_2']);
  expect(await ids({ ...filter, cursor: 'ref_2' }, false)).toEqual(['ref_1']);
  expect(await ids({ ...filter, cursor: 'ref_1' }, true)).toEqual(['ref_2', 'ref_3']);
});

it('knows the call of each refund until it has succeeded', async () => {
  const [open, done] = [aRefund({ id: 'ref_1' }), aRefund({ id: 'ref_2', channelRefundReference: 'OTHER' })];
  let count = 0;
  const services = { ids: { next: () => `op_${++count}` } } as never;
  await database.transaction(async (tx) => {
    for (const refund of [open, done]) {
      const operation = queuedOperation(newRefundOperation(services, aPaidIntent(), refund), NOW);
      await insertOperation(tx, { ...operation, state: refund === done ? 'succeeded' : 'unknown', nextQueryAt: NOW });
    }
  });

  const operations = await store.operationsOf(database, [open, done, aRefund({ amount: money('THB', 1n) })]);

  expect([...operations]).toEqual([['ref_1', { id: 'op_1', kind: 'refund', state: 'unknown', nextQueryAt: NOW }]]);
});
