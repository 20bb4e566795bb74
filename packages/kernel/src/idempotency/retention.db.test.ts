import { beforeEach, describe, expect, it } from 'vitest';
import { house } from '../../../../test/support/kernel.js';
import type { Tx } from '../ports/database.js';
import { Idempotency, KEY_RETENTION_MS } from './idempotency.js';
import { idempotencyKey } from './key.js';
import { keyRetention } from './retention.js';

let h: Awaited<ReturnType<typeof house>>;
let idempotency: Idempotency;
beforeEach(async () => {
  h = await house();
  idempotency = new Idempotency(h.clock);
});

const scope = { account: 'm_1', livemode: false, caller: 'key_1', method: 'POST', route: '/v1/things' };
const keyNamed = (key: string) => idempotencyKey({ ...scope, key }, {});
const answer = { status: 201, body: '{}' };
const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => h.database.transaction(work);
const finish = (name: string) => inTransaction((tx) => idempotency.once(tx, keyNamed(name), async () => answer));
const left = async () =>
  Number((await h.database.knex.raw('select count(*) as n from ??.idempotency_keys', [h.database.schema])).rows[0].n);

it('frees a key when its time is over, and not before', async () => {
  const { run } = keyRetention(h.database, h.clock);
  await finish('k');

  h.clock.advance(KEY_RETENTION_MS - 60_000);
  expect([await run(), await left()]).toEqual([false, 1]);
  h.clock.advance('60s');
  expect([await run(), await left()]).toEqual([true, 0]);

  expect(await finish('k')).toMatchObject({ replayed: false });
});

it('looks once a minute', async () => {
  const { run } = keyRetention(h.database, h.clock);
  await finish('k');
  h.clock.advance(KEY_RETENTION_MS - 1);
  await run();

  h.clock.advance('59s');
  expect([await run(), await left()]).toEqual([false, 1]);
  h.clock.advance('1s');
  expect([await run(), await left()]).toEqual([true, 0]);
  expect(await run()).toBe(false);
});

it('keeps a key whose operation has no final answer yet, and counts from that answer', async () => {
  const { run } = keyRetention(h.database, h.clock);
  const key = keyNamed('k');
  await inTransaction(async (tx) => {
    await idempotency.claim(tx, key);
    await idempotency.record(tx, key, 'op_1');
  });

  h.clock.advance('5d');
  await run();
  expect(await idempotency.find(h.database, key)).toEqual({ verdict: 'resume', operationId: 'op_1' });
  await inTransaction((tx) => idempotency.finishOf(tx, 'op_1', answer));

  h.clock.advance('2d');
  await run();
  expect(await idempotency.find(h.database, key)).toEqual({ verdict: 'replay', answer });
  h.clock.advance('1d');
  await run();
  expect(await idempotency.find(h.database, key)).toBeNull();
});

describe('With more keys than go into one statement', () => {
  const many = async (count: number) => {
    await h.database.knex.raw(
      `insert into ??.idempotency_keys (scope_hash, request_hash, recovery_point, status, body, created_at, expires_at)
       select sha256(n::text::bytea), '', 'finished', 200, '', ?::timestamptz, ?::timestamptz from generate_series(1, ?) n`,
      [h.database.schema, h.clock.now(), h.clock.now(), count],
    );
  };

  it('deletes all in one look', async () => {
    await many(1_200);

    expect([await keyRetention(h.database, h.clock).run(), await left()]).toEqual([true, 0]);
  });

  it('shares the work with another process', async () => {
    await many(1_200);

    await Promise.all([keyRetention(h.database, h.clock).run(), keyRetention(h.elsewhere, h.clock).run()]);

    expect(await left()).toBe(0);
  });
});
