import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../support/database.js';
import { testPay } from '../support/pay.js';
import { contents } from './tables.js';

interface World {
  readonly t: Awaited<ReturnType<typeof testPay>>;
  /** What the host's own code uses. */
  readonly host: Knex;
  /** Reads what is committed, unharmed by what the host configured. */
  readonly reader: Knex;
}

const secretKey = 'a-secret-key-for-tests-that-is-long-enough';
const amount = { currency: 'THB', value: 19_900n };
const input = { amount, orderReference: 'order-1', confirmDuplicate: true } as const;

const worlds: readonly (readonly [string, () => Promise<World>])[] =
  backend() === 'pglite'
    ? [['the knex instance of ItPay', withOurKnex]]
    : [
        ['the knex instance of ItPay', withOurKnex],
        ['a pool of the host beside ours', withSecondPool],
        ['the host’s own knex instance, set up in its own way', withHostKnex],
      ];

describe.each(worlds)('in a transaction of %s', (_where, open) => {
  let { t, host, reader } = {} as World;
  const told: string[] = [];
  let fresh = 0;

  beforeAll(async () => {
    ({ t, host, reader } = await open());
    await reader.raw('create table orders (id text primary key, intent text)');
    t.pay.on('payment_intent.created', ({ data }) => void told.push(data.object.id));
    await t.settle();
  });

  const create = (trx: Knex.Transaction, more: object = {}, key?: string) =>
    t.pay.payments.createIntent({ ...input, ...more }, { trx, ...(key !== undefined && { idempotencyKey: key }) });
  const place = (trx: Knex.Transaction, id: string) => trx.raw('insert into public.orders (id) values (?)', [id]);
  const orderIds = async () => (await reader.raw('select id from orders')).rows.map(({ id }: { id: string }) => id);
  const counts = async () => {
    const held = await contents(reader);
    return Object.fromEntries(Object.entries(held).map(([table, text]) => [table, Number(text.split(' ')[0])]));
  };
  const newId = () => `order-${fresh++}`;

  it('commits order and intent together, with everything that belongs to an intent', async () => {
    const [id, before] = [newId(), await counts()];

    const intent = await host.transaction(async (trx) => {
      await place(trx, id);
      return create(trx, { orderReference: id }, `key-of-${id}`);
    });

    expect(await orderIds()).toContain(id);
    expect(await t.pay.payments.getIntent(intent.id)).toEqual(intent);
    expect(await counts()).toEqual({
      ...before,
      payment_intents: before['payment_intents']! + 1,
      qr_charges: before['qr_charges']! + 1,
      channel_operations: before['channel_operations']! + 1,
      audit_entries: before['audit_entries']! + 3,
      events: before['events']! + 3,
      idempotency_keys: before['idempotency_keys']! + 1,
      duplicate_guards: before['duplicate_guards']! + 1,
    });
  });

  it.each<[string, (trx: Knex.Transaction) => Promise<unknown>]>([
    ['the host throws', () => Promise.reject(new Error('no stock'))],
    ['a statement of the host fails', (trx) => trx.raw('select 1 / 0')],
    ['the host calls rollback', (trx) => trx.rollback(new Error('no stock'))],
  ])('leaves no row and no event when %s', async (_, fail) => {
    await t.settle();
    const [id, before, heard] = [newId(), await contents(reader), told.length];

    const result = host.transaction(async (trx) => {
      await place(trx, id);
      await create(trx, {}, `key-of-${id}`);
      await fail(trx);
    });

    await expect(result).rejects.toThrow();
    await t.settle();
    expect(await contents(reader)).toEqual(before);
    expect([await orderIds(), told.length]).toEqual([expect.not.arrayContaining([id]), heard]);
  });

  it('leaves nothing when the host rolls back without a reason', async () => {
    await t.settle();
    const before = await contents(reader);
    const trx = await host.transaction();
    await create(trx);

    await trx.rollback();

    await t.settle();
    expect(await contents(reader)).toEqual(before);
  });

  it('tells subscribers after the commit, and not before', async () => {
    let id!: string;
    await host.transaction(async (trx) => {
      ({ id } = await create(trx));
      // The embedded database has one session, so nothing else can run beside the open transaction.
      if (backend() === 'postgres') await t.settle();
      expect(told).not.toContain(id);
    });

    await t.settle();

    expect(told.filter((heard) => heard === id)).toEqual([id]);
  });

  it('creates two in one transaction', async () => {
    const [first, second] = await host.transaction(async (trx) => [await create(trx), await create(trx)] as const);

    expect(first.id).not.toBe(second.id);
    expect((await t.pay.payments.getIntent(first.id)).qr).toEqual(first.qr);
    expect((await t.pay.payments.getIntent(second.id)).qr).toEqual(second.qr);
  });

  it('returns the same intent for a key, within the transaction and after it', async () => {
    const key = newId();

    const [first, again] = await host.transaction(
      async (trx) => [await create(trx, {}, key), await create(trx, {}, key)] as const,
    );
    const later = await t.pay.payments.createIntent(input, { idempotencyKey: key });

    expect([again, later]).toEqual([first, first]);
  });

  it('takes the same order for the same purchase, until the first one rolls back', async () => {
    const orderReference = newId();
    const buy = (trx: Knex.Transaction) => t.pay.payments.createIntent({ amount, orderReference }, { trx });
    const gone: string[] = [];
    await host
      .transaction(async (trx) => {
        gone.push((await buy(trx)).id, (await buy(trx)).id);
        throw new Error('no stock');
      })
      .catch(() => {});

    const [first, again] = await host.transaction(async (trx) => [await buy(trx), await buy(trx)] as const);
    const later = await t.pay.payments.createIntent({ amount, orderReference });

    expect(gone[1]).toBe(gone[0]);
    expect(first.id).not.toBe(gone[0]);
    expect([again, later]).toEqual([first, first]);
  });

  it('frees the key when the host rolls back', async () => {
    const key = newId();
    const gone: string[] = [];
    await host
      .transaction(async (trx) => {
        gone.push((await create(trx, {}, key)).id);
        throw new Error('no stock');
      })
      .catch(() => {});

    const intent = await host.transaction((trx) => create(trx, { description: 'Something else' }, key));

    expect(gone).not.toContain(intent.id);
    expect((await t.pay.payments.getIntent(intent.id)).description).toBe('Something else');
  });

  it.each<[string, object, string]>([
    ['a limit', { amount: { currency: 'THB', value: 10n ** 15n } }, 'AMOUNT_EXCEEDED'],
    ['validation', { amount: { currency: 'THB', value: 0n } }, 'AMOUNT_INVALID'],
    ['a key of another call', { description: 'another one' }, 'IDEMPOTENCY_KEY_REUSED'],
  ])('leaves the transaction usable when %s refuses', async (_, wrong, code) => {
    const [id, key] = [newId(), newId()];
    await t.pay.payments.createIntent(input, { idempotencyKey: key });

    const intent = await host.transaction(async (trx) => {
      await place(trx, id);
      await expect(create(trx, wrong, code === 'IDEMPOTENCY_KEY_REUSED' ? key : undefined)).rejects.toMatchObject({
        code,
      });
      return create(trx);
    });

    expect(await orderIds()).toContain(id);
    expect((await t.pay.payments.getIntent(intent.id)).id).toBe(intent.id);
  });

  it('undoes what a savepoint held, and keeps the rest', async () => {
    const undone: string[] = [];

    const [before, after] = await host.transaction(async (trx) => {
      const kept = await create(trx);
      await trx
        .transaction(async (savepoint) => {
          undone.push((await create(savepoint)).id);
          throw new Error('no stock');
        })
        .catch(() => {});
      return [kept, await create(trx)] as const;
    });

    await expect(t.pay.payments.getIntent(undone[0]!)).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
    expect((await t.pay.payments.getIntent(before.id)).id).toBe(before.id);
    expect((await t.pay.payments.getIntent(after.id)).id).toBe(after.id);
    await t.settle();
    expect(told).toEqual(expect.arrayContaining([before.id, after.id]));
    expect(told).not.toContain(undone[0]);
  });

  it('keeps what a savepoint held when it was released', async () => {
    const intent = await host.transaction((trx) => trx.transaction((savepoint) => create(savepoint)));

    await t.settle();

    expect(told).toContain(intent.id);
  });

  it.each([
    ['serializable isolation', async () => {}, { isolationLevel: 'serializable' }],
    ['another search path', (trx: Knex.Transaction) => trx.raw('set local search_path to nowhere'), {}],
    ['another time zone', (trx: Knex.Transaction) => trx.raw(`set local timezone to 'Asia/Kathmandu'`), {}],
  ] as const)('does not mind %s', async (_, prepare, config) => {
    const key = newId();

    const [first, again] = await host.transaction(async (trx) => {
      await prepare(trx);
      return [await create(trx, {}, key), await create(trx, {}, key)] as const;
    }, config);

    expect(again).toEqual(first);
    expect(await t.pay.payments.getIntent(first.id)).toEqual(first);
  });

  it('refuses a transaction that has ended, and writes nothing', async () => {
    const trx = await host.transaction();
    await trx.commit();
    const before = await contents(reader);

    await expect(create(trx)).rejects.toThrow('has ended already');
    expect(await contents(reader)).toEqual(before);
  });

  it('refuses what is no transaction, and writes nothing', async () => {
    const before = await contents(reader);

    await expect(create(host as never)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(await contents(reader)).toEqual(before);
  });

  if (backend() === 'pglite') return;

  it.each([
    ['the same intent when the first commits', true],
    ['an intent of its own when the first rolls back', false],
  ])('makes a second call with the key wait, and gives it %s', async (_, commit) => {
    const key = newId();
    const trx = await host.transaction();
    const first = await create(trx, {}, key);
    let arrived = false;

    const second = t.pay.payments.createIntent(input, { idempotencyKey: key }).finally(() => (arrived = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const waited = !arrived;
    await (commit ? trx.commit() : trx.rollback());

    expect(waited).toBe(true);
    expect((await second).id === first.id).toBe(commit);
  });

  it('refuses another database, and leaves the host’s transaction there usable', async () => {
    const elsewhere = connect((await freshDatabase()).url);
    const before = await contents(reader);

    const rows = await elsewhere.transaction(async (trx) => {
      await trx.raw('create table orders (id text)');
      await expect(create(trx)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
      await trx.raw(`insert into orders values ('a')`);
      return (await trx.raw('select id from orders')).rows;
    });

    expect(rows).toEqual([{ id: 'a' }]);
    expect(await contents(reader)).toEqual(before);
  });

  it('serves everything else as well: pay, list, deliver', async () => {
    const { id } = await host.transaction((trx) => create(trx, { orderReference: 'paid-one' }));

    const paid = await t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, {
      body: { event: 'paid' },
    });
    const list = await t.request('GET', '/v1/payment-intents?order_reference=paid-one');

    expect([paid.status, paid.body.status, paid.body.amount_captured.value]).toEqual([200, 'succeeded', 19_900]);
    expect(list.body.data).toEqual([paid.body]);
  });
});

async function withOurKnex(): Promise<World> {
  const t = await testPay();
  return { t, host: t.pay.knex, reader: t.pay.knex };
}

async function withSecondPool(): Promise<World> {
  const { url } = await freshDatabase();
  const t = await testPay({ database: url, dataDir: await freshDirectory(), secretKey });
  const host = connect(url);
  return { t, host, reader: host };
}

/** A host that reads big integers as numbers, times and JSON as text, and camel-cases and freezes whatever comes back. */
async function withHostKnex(): Promise<World> {
  const { url } = await freshDatabase();
  for (const [oid, parse] of HOST_PARSERS) {
    const before = pg.types.getTypeParser(oid as never);
    pg.types.setTypeParser(oid, parse as never);
    whenFileEnds(() => pg.types.setTypeParser(oid, before as never));
  }
  const host = connect(url, {
    wrapIdentifier: (name, wrap) => wrap(name.toUpperCase()),
    postProcessResponse: () => Object.freeze({ hidden: true }),
  });
  const t = await testPay({ database: undefined, knex: host, dataDir: await freshDirectory(), secretKey });
  return { t, host, reader: connect(url) };
}

const HOST_PARSERS: readonly (readonly [number, (text: string) => unknown])[] = [
  [16, (text) => (text === 't' ? 'yes' : 'no')], // bool
  [20, Number], // int8
  [23, (text) => `${text}!`], // int4
  [114, (text) => text], // json
  [1184, (text) => text], // timestamptz
  [3802, (text) => text], // jsonb
];

function connect(url: string, config: Knex.Config = {}): Knex {
  const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 4 }, ...config });
  whenFileEnds(() => knex.destroy());
  return knex;
}
