import { beforeEach, describe, expect, it } from 'vitest';
import { deferred, house } from '../../../../test/support/kernel.js';
import { backend } from '../../../../test/support/database.js';
import type { Database, Tx } from '../ports/database.js';
import { Idempotency, type StoredAnswer } from './idempotency.js';
import { idempotencyKey } from './key.js';

let h: Awaited<ReturnType<typeof house>>;
let idempotency: Idempotency;
beforeEach(async () => {
  h = await house();
  idempotency = new Idempotency(h.clock);
});

const scope = { account: 'm_1', livemode: false, caller: 'key_1', method: 'POST', route: '/v1/things', key: 'k1' };
const keyFor = (request: unknown) => idempotencyKey(scope, request);
const answer = { status: 201, body: '{"id":"pi_1"}' };

const once = (
  key: ReturnType<typeof keyFor> | null,
  work: (tx: Tx) => Promise<StoredAnswer>,
  on: Database = h.database,
) => on.transaction((tx) => idempotency.once(tx, key, () => work(tx)));

it('runs the first request, and gives its answer to every repetition', async () => {
  let runs = 0;
  const work = async () => ({ ...answer, status: 200 + (runs += 1) });

  const first = await once(keyFor({ a: 1 }), work);
  const second = await once(keyFor({ a: 1 }), work);

  expect(first).toEqual({ status: 201, body: answer.body, replayed: false });
  expect(second).toEqual({ status: 201, body: answer.body, replayed: true });
  expect(runs).toBe(1);
});

it('runs every request without a key', async () => {
  let runs = 0;
  const work = async () => ({ ...answer, status: (runs += 1) });

  await once(null, work);
  await once(null, work);

  expect(runs).toBe(2);
});

it('refuses a key that was used for another request', async () => {
  await once(keyFor({ a: 1 }), async () => answer);

  const other = once(keyFor({ a: 2 }), async () => answer);

  await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
});

it('frees the key when the work throws, and leaves nothing of it', async () => {
  const failing = once(keyFor({}), async (tx) => {
    await tx.trx.raw(`insert into ??.accounts (id, name, created_at) values ('m_1', 'half', now())`, [
      h.database.schema,
    ]);
    throw new Error('no luck');
  });
  await expect(failing).rejects.toThrow('no luck');

  const again = await once(keyFor({}), async () => answer);

  expect(again).toEqual({ ...answer, replayed: false });
  expect(await h.rows('accounts')).toEqual([]);
});

it('runs one of two requests that come at once, and gives the other its answer', async () => {
  let runs = 0;
  const work = async () => {
    runs += 1;
    await Promise.resolve();
    return answer;
  };

  const answers = await Promise.all([once(keyFor({}), work), once(keyFor({}), work, h.elsewhere)]);

  expect(runs).toBe(1);
  expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([answer, answer]);
  expect(answers.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
});

it('finds a stored answer without claiming the key', async () => {
  const free = await idempotency.find(h.database, keyFor({}));
  await once(keyFor({}), async () => answer);
  const stored = await idempotency.find(h.database, keyFor({}));

  expect([free, stored]).toEqual([null, { verdict: 'replay', answer }]);
  await expect(idempotency.find(h.database, keyFor({ other: 1 }))).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
});

it('says that the first request still runs, and first of all that it was another one', async () => {
  await once(keyFor({}), async () => answer);
  await h.database.knex.raw(`update ??.idempotency_keys set recovery_point = 'started', status = null, body = null`, [
    h.database.schema,
  ]);

  await expect(once(keyFor({}), async () => answer)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
  await expect(once(keyFor({ b: 1 }), async () => answer)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
});

describe('A key of an operation that goes on after the commit', () => {
  const begin = (key: ReturnType<typeof keyFor>, operationId: string, on: Database = h.database) =>
    on.transaction(async (tx) => {
      const claim = await idempotency.claim(tx, key);
      if (claim.verdict === 'fresh') await idempotency.record(tx, key, operationId);
      return claim;
    });

  it('leads back to the operation until that has its answer, and then to the answer', async () => {
    const key = keyFor({});

    expect(await begin(key, 'op_1')).toEqual({ verdict: 'fresh' });
    expect(await begin(key, 'op_2')).toEqual({ verdict: 'resume', operationId: 'op_1' });
    expect(await idempotency.find(h.database, key)).toEqual({ verdict: 'resume', operationId: 'op_1' });
    await expect(begin(keyFor({ other: 1 }), 'op_2')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });

    await h.database.transaction((tx) => idempotency.finish(tx, key, answer));

    expect(await begin(key, 'op_2')).toEqual({ verdict: 'replay', answer });
  });

  it('is answered with all others of its operation, and a settled answer stays', async () => {
    const [first, second, other] = ['k1', 'k2', 'k3'].map((key) => idempotencyKey({ ...scope, key }, {}));
    await begin(first!, 'op_1');
    await begin(second!, 'op_1');
    await begin(other!, 'op_2');
    const finishWith = (body: string) =>
      h.database.transaction((tx) => idempotency.finishOf(tx, 'op_1', { status: 200, body }));

    await finishWith('paid');
    await finishWith('something else');

    const found = await Promise.all([first, second, other].map((key) => idempotency.find(h.database, key!)));
    const replay = { verdict: 'replay', answer: { status: 200, body: 'paid' } };
    expect(found).toEqual([replay, replay, { verdict: 'resume', operationId: 'op_2' }]);
  });

  it('is free again when the transaction that recorded it rolls back', async () => {
    const failing = h.database.transaction(async (tx) => {
      await idempotency.claim(tx, keyFor({}));
      await idempotency.record(tx, keyFor({}), 'op_1');
      throw new Error('no luck');
    });
    await expect(failing).rejects.toThrow('no luck');

    expect(await begin(keyFor({}), 'op_2')).toEqual({ verdict: 'fresh' });
  });

  it('begins one operation when two requests come at once', async () => {
    const claims = await Promise.all([begin(keyFor({}), 'op_1'), begin(keyFor({}), 'op_2', h.elsewhere)]);

    const begun = claims.findIndex(({ verdict }) => verdict === 'fresh');
    expect(claims[1 - begun]).toEqual({ verdict: 'resume', operationId: `op_${begun + 1}` });
  });

  it('does not run a second time by another way', async () => {
    await begin(keyFor({}), 'op_1');

    await expect(once(keyFor({}), async () => answer)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
  });
});

if (backend() === 'postgres') {
  it('has the second request wait until the first is over, and run when that one failed', async () => {
    const [claimed, goOn] = [deferred(), deferred()];
    const first = once(keyFor({}), async () => {
      claimed.resolve();
      await goOn.promise;
      throw new Error('no luck');
    });
    await claimed.promise;
    let second: StoredAnswer | undefined;
    const waiting = once(keyFor({}), async () => answer, h.elsewhere).then((given) => (second = given));
    await untilSomebodyWaits();
    expect(second).toBeUndefined();

    goOn.resolve();
    await expect(first).rejects.toThrow('no luck');

    expect(await waiting).toEqual({ ...answer, replayed: false });
  });
}

/** Until the server reports a session that waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  for (let waiting = 0; waiting === 0;) {
    const { rows } = await h.database.knex.raw(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    waiting = rows[0].n;
  }
}
