import createKnex from 'knex';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';

type Instance = Awaited<ReturnType<typeof testPay>>;

const PATH = '/v1/payment-intents';
const secretKey = 'a-secret-key-for-tests-that-is-long-enough';

const create = async (t: Instance) =>
  (await t.request('POST', PATH, { body: { amount: { currency: 'THB', value: 19_900 } } })).body;
const pay = (t: Instance, id: string) =>
  t.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });
const aMoment = (ms = 150) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the call answers, and after how many milliseconds. */
async function timed<T>(call: () => Promise<T>): Promise<readonly [T, number]> {
  const began = performance.now();
  return [await call(), performance.now() - began];
}

describe('waiting for a payment', () => {
  let t: Instance;
  beforeAll(async () => {
    t = await testPay();
  });

  const wait = (id: string, query = '', options = {}) =>
    timed(() => t.request('GET', `${PATH}/${id}/wait${query}`, options));

  it('ends at once when it is paid already', async () => {
    const { id } = await create(t);
    await pay(t, id);

    const [answer, ms] = await wait(id, '?timeout=10&cursor=2');

    expect(answer.body).toMatchObject({
      object: 'payment_intent_wait',
      type: 'payment_intent.state',
      cursor: '2',
      payment_intent: { id, status: 'succeeded', qr: null },
    });
    expect(ms).toBeLessThan(1_000);
  });

  it('ends at once when the caller’s version is old', async () => {
    const { id } = await create(t);

    const [answer, ms] = await wait(id, '?timeout=10&cursor=0');

    expect(answer.body).toMatchObject({ type: 'payment_intent.state', cursor: '1' });
    expect(ms).toBeLessThan(1_000);
  });

  it('answers with a heartbeat, and the state, when nothing happened in time', async () => {
    const { id } = await create(t);

    const [answer, ms] = await wait(id, '?timeout=1&cursor=1');

    expect([answer.status, answer.body.type, answer.body.cursor]).toEqual([200, 'wait.timeout', '1']);
    expect(answer.body.payment_intent).toEqual((await t.request('GET', `${PATH}/${id}`)).body);
    expect(ms).toBeGreaterThan(900);
  });

  it('wakes when the payment arrives', async () => {
    const { id } = await create(t);
    const waiting = wait(id, '?timeout=20');
    await aMoment();

    const [, ms] = await timed(async () => (await pay(t, id), await waiting));
    const [answer] = await waiting;

    expect(answer.body).toMatchObject({
      type: 'payment_intent.state',
      cursor: '2',
      payment_intent: { status: 'succeeded' },
    });
    expect(ms).toBeLessThan(1_500); // and not at the next look, which is two seconds away
  });

  it('sleeps on when another payment arrives', async () => {
    const [mine, other] = [await create(t), await create(t)];
    const waiting = wait(mine.id, '?timeout=1');
    await aMoment();

    await pay(t, other.id);

    expect((await waiting)[0].body.type).toBe('wait.timeout');
  });

  it('ends when the client goes away', async () => {
    const { id } = await create(t);
    const client = new AbortController();
    const waiting = wait(id, '?timeout=30', { signal: client.signal });
    await aMoment();

    client.abort();

    expect((await waiting)[1]).toBeLessThan(1_500); // the next look would come after two seconds
  });

  describe('as its payer, with the token of the pay page', () => {
    const tokenOf = (intent: { pay_url: string }) => new URL(intent.pay_url).searchParams.get('t');
    const asPayer = { key: null };

    it('shows that it moved, and nothing of the merchant’s own', async () => {
      const intent = await create(t);
      await pay(t, intent.id);

      const [answer] = await wait(intent.id, `?t=${tokenOf(intent)}`, asPayer);

      expect(answer.body.payment_intent).toEqual({
        id: intent.id,
        object: 'payment_intent',
        livemode: false,
        status: 'succeeded',
        version: 2,
        expires_at: intent.expires_at,
      });
    });

    it('is for that one intent', async () => {
      const [mine, other] = [await create(t), await create(t)];

      const [answer] = await wait(other.id, `?t=${tokenOf(mine)}`, asPayer);

      expect([answer.status, answer.body.error.code]).toEqual([404, 'PAYMENT_INTENT_NOT_FOUND']);
    });

    it('gives no right to read or list', async () => {
      const intent = await create(t);

      const one = await t.request('GET', `${PATH}/${intent.id}?t=${tokenOf(intent)}`, asPayer);
      const list = await t.request('GET', `${PATH}?t=${tokenOf(intent)}`, asPayer);

      expect([one.status, list.status]).toEqual([401, 401]);
    });
  });
});

describe('an instance', () => {
  it('serves others while fifty wait, with one connection to the database', async () => {
    const store = await smallStore();
    const t = await testPay(store);
    const { id } = await create(t);
    const waiting = Array.from({ length: 50 }, () => t.request('GET', `${PATH}/${id}/wait?timeout=20`));
    await aMoment(500);

    const [read, ms] = await timed(() => t.request('GET', `${PATH}/${id}`));
    const [paid] = await timed(() => pay(t, id));
    const [answers, wokenMs] = await timed(() => Promise.all(waiting));

    expect([read.status, paid.status]).toEqual([200, 200]);
    expect(ms).toBeLessThan(2_000);
    expect(new Set(answers.map(({ body }) => body.payment_intent.status))).toEqual(new Set(['succeeded']));
    expect(wokenMs).toBeLessThan(5_000);
  });

  it('holds no connection for those who wait', async () => {
    const t = await testPay(await smallStore());
    const { id } = await create(t);
    const client = new AbortController();
    const waiting = Array.from({ length: 5 }, () =>
      t.request('GET', `${PATH}/${id}/wait?timeout=20`, { signal: client.signal }),
    );
    await aMoment(500);

    const used = (t.pay.knex.client.pool as { numUsed(): number }).numUsed();
    client.abort();
    await Promise.all(waiting);

    expect(used).toBe(0);
  });

  it('lets those who wait go when it stops', async () => {
    const t = await testPay();
    const { id } = await create(t);
    const waiting = t.request('GET', `${PATH}/${id}/wait?timeout=20`);
    await aMoment();

    const [, ms] = await timed(() => t.stop());

    expect((await waiting).body.type).toBe('wait.timeout');
    expect(ms).toBeLessThan(2_500);
  });

  if (backend() === 'pglite') return;

  it('hears of a payment that another instance booked', async () => {
    const store = await freshStore();
    const [here, there] = [await testPay(store), await testPay(store)];
    const { id } = await create(here);
    const waiting = here.request('GET', `${PATH}/${id}/wait?timeout=20`);
    await aMoment();

    const [answer, ms] = await timed(async () => (await pay(there, id), await waiting));

    expect(answer.body.payment_intent.status).toBe('succeeded');
    expect(ms).toBeLessThan(1_500);
  });

  it('sees it within its poll when nobody announces it', async () => {
    const { url } = await freshDatabase();
    // With the host's knex, announcements stay within the process.
    const open = async () => {
      const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
      whenFileEnds(() => knex.destroy());
      return testPay({ database: undefined, knex, dataDir: await freshDirectory(), secretKey });
    };
    const [here, there] = [await open(), await open()];
    const { id } = await create(here);
    const waiting = here.request('GET', `${PATH}/${id}/wait?timeout=20`);
    await aMoment();

    const [answer, ms] = await timed(async () => (await pay(there, id), await waiting));

    expect(answer.body.payment_intent.status).toBe('succeeded');
    expect(ms).toBeLessThan(3_500);
  });
});

/** One connection: the embedded database has no more anyway. */
async function smallStore() {
  if (backend() === 'pglite') return freshStore();
  const knex = createKnex({ client: 'pg', connection: (await freshDatabase()).url, pool: { min: 0, max: 1 } });
  whenFileEnds(() => knex.destroy());
  return { database: undefined, knex, dataDir: await freshDirectory(), secretKey };
}
