import { beforeEach, describe, expect, it } from 'vitest';
import { house } from '../../../../test/support/kernel.js';
import {
  dueOperations,
  findByReference,
  findOperation,
  insertOperation,
  listOperations,
  lockOperation,
  operationsOfPayment,
  saveOperation,
  type OperationFilter,
} from './operation-store.js';
import { queuedOperation, type Operation } from './operation.js';

let h: Awaited<ReturnType<typeof house>>;
beforeEach(async () => {
  h = await house();
});

let made = 0;

/** An operation that is like no other, except where the test says so. */
function operation(change: Partial<Operation> = {}): Operation {
  made += 1;
  return {
    ...queuedOperation(
      {
        id: h.ids.next('op'),
        account: 'm_shop',
        livemode: false,
        object: 'payment_intent',
        objectId: `pi_${made}`,
        paymentIntentId: `pi_${made}`,
        kind: 'authorize',
        channel: 'sample',
        channelInstance: 'sample:test:shop',
        reference: `R${made}`,
        ordinal: 1,
        amount: { currency: 'THB', value: 19_900n },
      },
      h.clock.now(),
    ),
    ...change,
  };
}

const insert = async (...operations: Operation[]) => {
  await h.database.transaction(async (tx) => {
    for (const one of operations) await insertOperation(tx, one);
  });
  return operations;
};
const later = (ms: number) => new Date(h.clock.now().getTime() + ms);

/** No field as a new operation has it. */
const full = () =>
  operation({
    livemode: true,
    object: 'refund',
    objectId: 'ref_1',
    paymentIntentId: 'pi_full',
    kind: 'refund',
    ordinal: 3,
    state: 'unknown',
    orderOpen: true,
    amount: { currency: 'KWD', value: 9_007_199_254_740_993n },
    purpose: 'expire',
    failure: { category: 'timeout', rawCode: 'E\'1"', message: 'ü {}', retryAfterMs: 5 },
    leaseExpiresAt: later(1),
    queries: 7,
    unknownSince: later(2),
    notFoundSince: later(3),
    nextQueryAt: later(4),
    operatorRequired: true,
    updatedAt: later(5),
  });

it('reads every field as it was written', async () => {
  const [fresh, used] = await insert(operation(), full());

  expect(await findOperation(h.database, fresh!.id)).toEqual(fresh);
  expect(await findOperation(h.database, used!.id)).toEqual(used);
  expect(await findOperation(h.database, 'op_none')).toBeNull();
});

it('saves everything that can change, and nothing else', async () => {
  const [before] = await insert(operation());
  const { state, orderOpen, amount, purpose, failure, leaseExpiresAt, queries, ...rest } = full();
  const { unknownSince, notFoundSince, nextQueryAt, operatorRequired, updatedAt } = rest;
  const asked = { queries, unknownSince, notFoundSince, nextQueryAt, operatorRequired };
  const after = { ...before!, state, orderOpen, amount, purpose, failure, leaseExpiresAt, ...asked, updatedAt };

  await h.database.transaction((tx) => saveOperation(tx, { ...after, account: 'm_other', reference: 'R0' }));

  expect(await findOperation(h.database, before!.id)).toEqual(after);
});

it.each<[Operation['state'], string | null]>([
  ['queued', null],
  ['started', null],
  ['succeeded', 'succeeded'],
  ['unknown', 'unknown'],
])('says of a %s operation that its outcome is %s', async (state, outcome) => {
  await insert(operation({ state }));

  expect(await h.rows('channel_operations')).toMatchObject([{ state, outcome }]);
});

it('has one operation per reference and channel instance', async () => {
  const [first] = await insert(operation({ reference: 'R-same' }));
  const [elsewhere] = await insert(operation({ reference: 'R-same', channelInstance: 'sample:live:shop' }));

  await expect(insert(operation({ reference: 'R-same' }))).rejects.toMatchObject({ code: '23505' });
  expect(await findByReference(h.database, 'sample:test:shop', 'R-same')).toEqual(first);
  expect(await findByReference(h.database, 'sample:live:shop', 'R-same')).toEqual(elsewhere);
  expect(await findByReference(h.database, 'sample:test:branch', 'R-same')).toBeNull();
});

it('has one open order per object, and a second one once that is closed', async () => {
  const [first] = await insert(operation({ objectId: 'pi_one' }));
  const second = operation({ objectId: 'pi_one', ordinal: 2 });
  await expect(insert(second)).rejects.toMatchObject({ code: '23505' });

  await h.database.transaction((tx) => saveOperation(tx, { ...first!, state: 'declined', orderOpen: false }));
  await insert(second, operation({ objectId: 'pi_one', kind: 'cancel', orderOpen: false }));

  expect((await h.rows('channel_operations')).filter(({ order_open }) => order_open)).toHaveLength(1);
});

it('finds what belongs to a payment, refunds too, oldest first', async () => {
  const about = { paymentIntentId: 'pi_one' };
  const operations = await insert(
    operation({ ...about, objectId: 'pi_one' }),
    operation(),
    operation({ ...about, objectId: 'ref_1', object: 'refund', kind: 'refund', orderOpen: false }),
  );

  expect(await operationsOfPayment(h.database, 'pi_one')).toEqual([operations[0], operations[2]]);
});

it('locks an operation: a second reader waits and sees what the first one wrote', async () => {
  const [one] = await insert(operation({ queries: 0 }));
  const ask = (database = h.database) =>
    database.transaction(async (tx) => {
      const locked = (await lockOperation(tx, one!.id))!;
      await saveOperation(tx, { ...locked, queries: locked.queries + 1 });
    });

  await Promise.all([ask(), ask(h.elsewhere), ask(), ask(h.elsewhere)]);

  expect(await findOperation(h.database, one!.id)).toMatchObject({ queries: 4 });
  expect(await h.database.transaction((tx) => lockOperation(tx, 'op_none'))).toBeNull();
});

describe('dueOperations', () => {
  it.each<[what: string, change: (now: Date) => Partial<Operation>, due: boolean]>([
    ['queued', () => ({ state: 'queued' }), true],
    ['started by a process that lives', () => ({ state: 'started', leaseExpiresAt: later(1) }), false],
    ['started by a process that died', (now) => ({ state: 'started', leaseExpiresAt: now }), true],
    ['unknown, its question due', (now) => ({ state: 'unknown', nextQueryAt: now }), true],
    ['unknown, its question later', () => ({ state: 'unknown', nextQueryAt: later(1) }), false],
    ['unknown, left to an operator', () => ({ state: 'unknown', operatorRequired: true }), false],
    ['pending, its question due', () => ({ state: 'pending', nextQueryAt: later(-1) }), true],
    ['pending, its question later', () => ({ state: 'pending', nextQueryAt: later(60_000) }), false],
    ['succeeded, an open order to ask about', (now) => ({ state: 'succeeded', nextQueryAt: now }), true],
    ['succeeded', () => ({ state: 'succeeded' }), false],
    ['declined', () => ({ state: 'declined' }), false],
    ['not sent', () => ({ state: 'not_sent' }), false],
  ])('%s', async (_what, change, due) => {
    const [one] = await insert(operation(change(h.clock.now())));

    expect(await dueOperations(h.database, h.clock.now(), 10)).toEqual(due ? [one] : []);
  });

  it('gives the oldest first, as many as asked for', async () => {
    const [first, second] = await insert(operation(), operation(), operation());

    expect(await dueOperations(h.database, h.clock.now(), 2)).toEqual([first, second]);
  });
});

describe('listOperations', () => {
  const all: OperationFilter = {
    account: 'm_shop',
    livemode: false,
    operatorRequired: null,
    state: null,
    paymentIntentId: null,
    after: null,
    limit: 10,
  };

  it('lists newest first, for one account and mode', async () => {
    const [first, second] = await insert(operation(), operation());
    await insert(operation({ account: 'm_other' }), operation({ livemode: true }));

    expect(await listOperations(h.database, all)).toEqual([second, first]);
  });

  it('filters and goes on after an id', async () => {
    const [queued, stuck, sent] = await insert(
      operation(),
      operation({ state: 'unknown', operatorRequired: true }),
      operation({ state: 'succeeded', paymentIntentId: 'pi_one' }),
    );
    const list = (filter: Partial<OperationFilter>) => listOperations(h.database, { ...all, ...filter });

    expect(await list({ operatorRequired: true })).toEqual([stuck]);
    expect(await list({ operatorRequired: false })).toEqual([sent, queued]);
    expect(await list({ state: 'queued' })).toEqual([queued]);
    expect(await list({ paymentIntentId: 'pi_one' })).toEqual([sent]);
    expect(await list({ limit: 1 })).toEqual([sent]);
    expect(await list({ after: sent!.id })).toEqual([stuck, queued]);
    expect(await list({ after: sent!.id, state: 'succeeded' })).toEqual([]);
  });
});
