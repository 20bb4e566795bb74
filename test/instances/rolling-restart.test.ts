import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, expect, it, vi } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freshRedis, redisNeed } from '../support/redis.js';
import { ask, freshInstallation, Instance, openInstances, type Answer } from './instance.js';
import { startRoundRobin, type RoundRobin } from './proxy.js';
import { startReceiver } from './receiver.js';

// Three processes behind a proxy are replaced one after the other, under load. Nobody outside notices.

const WIDE = { perSecond: 100_000, burst: 100_000, concurrent: 10_000 };
const SHOPPERS = 3;
const WAITING = 3;
/** What a process gets to stop; the default of `stopTimeoutMs` is more. */
const STOPS_WITHIN_MS = 15_000;
const idOf = ({ id }: { id: string }) => id;
const AMOUNT = { currency: 'THB', value: 10_000 };

const need = [postgresNeed(), redisNeed()].find(({ missing }) => missing !== null) ?? { missing: null };

describeNeeding(need, 'a rolling restart', () => {
  let proxy: RoundRobin;
  let house: Awaited<ReturnType<typeof freshInstallation>>;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let rows: (sql: string) => Promise<any[]>;
  let setting: object;
  let all: Instance[];
  /** Those that come after them. */
  let spare: Instance[];
  let token: string;
  /** How many streams have begun so far. */
  let following = 0;
  /** Events of the time before. */
  let before: string[];

  beforeAll(async () => {
    proxy = await startRoundRobin();
    receiver = await startReceiver(30);
    const redis = await freshRedis();
    house = await freshInstallation({
      publicUrl: `http://127.0.0.1:${proxy.port}/itpay`,
      redis: redis.url,
      rateLimits: { test: WIDE },
      webhooks: { allowedOrigins: [receiver.origin] },
    });
    ({ setting } = house);
    const client = new pg.Client({ connectionString: house.database });
    await client.connect();
    whenFileEnds(() => client.end());
    rows = async (sql) => (await client.query(sql)).rows;
    await rows('create table seen (event text not null)');
    spare = Array.from({ length: 3 }, () => new Instance());
    all = await openInstances(3, setting);
    await Promise.all(spare.map((one) => one.started));
    for (const one of all) await join(one);
    const scopes = ['payments:read', 'payments:write', 'refunds:write', 'webhooks:write'];
    ({ token } = await all[0]!.run('key', { livemode: false, scopes }));
    const endpoint = { url: receiver.origin, enabled_events: ['*'] };
    await post('/v1/webhook-endpoints', 'endpoint', endpoint);
    await all[0]!.run('settle'); // the subscriber has its place in the log
    before = (await rows('select id from itpay.events')).map(idOf);
    await rows('delete from seen');
    receiver.arrived.clear();
  });

  const join = async (one: Instance) => {
    await one.run('subscribe');
    proxy.targets.add(one);
  };
  /** Through the proxy; anything but success is a failure that a client would see. */
  const expectSuccess = async (asked: Promise<Answer>) => {
    const answer = await asked;
    if (answer.status >= 300) throw new Error(`It answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const post = (path: string, key: string, body: object) =>
    expectSuccess(ask(proxy, 'POST', path, { token, key, body }));
  const get = (path: string) => expectSuccess(ask(proxy, 'GET', path, { token }));
  const create = (name: string) =>
    post('/v1/payment-intents', name, { amount: AMOUNT, channel: 'fake', order_reference: name });
  const payAtBank = async (reference: string) => {
    await house.rail.pay(reference);
    const [delivery] = await house.rail.deliverCallbacks({ reference });
    expect(delivery).toMatchObject({ status: 200 });
  };

  it('fails no request, ends no wait for good, and does no work twice', async () => {
    const over = new AbortController();
    const created: string[] = [];
    const shoppers = Array.from({ length: SHOPPERS }, async (_, shopper) => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        const name = `shopper-${shopper}-${n}`;
        const { id, channel_reference: reference } = await create(name);
        created.push(id);
        await payAtBank(reference);
        expect(await get(`/v1/payment-intents/${id}`)).toMatchObject({ status: 'succeeded' });
        await post('/v1/refunds', `refund-${name}`, { payment_intent_id: id });
      }
    });
    const waited = await Promise.all(Array.from({ length: WAITING }, (_, n) => create(`waits-${n}`)));
    const polls = waited.map(({ id }) => pollUntilPaid(id));
    const streams = waited.map(({ id }) => streamUntilPaid(id));
    await vi.waitFor(() => expect(following).toBe(WAITING), { timeout: 30_000 });

    const stops: { code: number | null; ms: number }[] = [];
    for (const [n, old] of all.entries()) {
      await join(await spare[n]!.open(setting));
      await sleep(300);
      const began = performance.now();
      old.signal('SIGTERM'); // the proxy is not told: it finds out
      const { code } = await old.ended();
      stops.push({ code, ms: performance.now() - began });
      await sleep(100);
      proxy.targets.delete(old);
    }
    over.abort();
    await Promise.all(shoppers);
    for (const { channel_reference: reference } of waited) await payAtBank(reference);

    expect(await Promise.all(polls)).toEqual(waited.map(() => 'succeeded'));
    const followed = await Promise.all(streams);
    expect(followed.map(({ last }) => last)).toEqual(waited.map(() => 'succeeded'));
    // Each was on a process that stopped, and no state came twice or out of order.
    for (const { connections, versions } of followed) {
      expect(connections).toBeGreaterThan(1);
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    }
    expect(stops.map(({ code }) => code)).toEqual([0, 0, 0]);
    for (const { ms } of stops) expect(ms).toBeLessThan(STOPS_WITHIN_MS);
    expect(proxy.turns.unavailable + proxy.turns.refused).toBeGreaterThan(0);
    const lines = [...all, ...spare].flatMap((one) => one.lines);
    expect(lines.filter(({ level, message }) => level === 'error' || message.startsWith('The stop took'))).toEqual([]);

    const [{ intents }] = await rows('select count(*)::int as intents from itpay.payment_intents');
    expect(intents).toBe(created.length + WAITING);
    expect(created.length).toBeGreaterThan(2 * SHOPPERS);
    const books = await house.rail.books();
    expect(books.entries.filter(({ payments }) => payments.length !== 1)).toEqual([]);
    expect(books.entries.flatMap(({ refunds }) => refunds)).toHaveLength(created.length);
    expect(books.entries.filter(({ refunds }) => refunds.length > 1)).toEqual([]);

    for (let quiet = false; !quiet; await sleep(50)) {
      await spare[0]!.run('settle');
      const left = await rows(`select 1 from itpay.jobs where run_at < now() union all
        select 1 from itpay.webhook_deliveries where state = 'pending'`);
      quiet = left.length === 0;
    }
    const events = (await rows(`select id from itpay.events where not id = any('{${before.join()}}')`)).map(idOf);
    expect(events.length).toBeGreaterThan(3 * created.length);
    expect([...receiver.arrived].filter(([, times]) => times !== 1)).toEqual([]);
    expect([...receiver.arrived.keys()].toSorted()).toEqual(events.toSorted());
    expect((await rows('select event as id from seen')).map(idOf).toSorted()).toEqual(events.toSorted());
  });

  /** Asks again after each heartbeat, as a client does. */
  async function pollUntilPaid(id: string): Promise<string> {
    for (let cursor = ''; ;) {
      const answer = await get(`/v1/payment-intents/${id}/wait?timeout=30${cursor}`);
      if (answer.payment_intent.status === 'succeeded') return answer.payment_intent.status;
      cursor = `&cursor=${answer.cursor}`;
    }
  }

  /** Connects again when the stream ends, and says what it knows, as a browser does. */
  async function streamUntilPaid(id: string) {
    const versions: number[] = [];
    let last = '';
    let connections = 0;
    for (; last !== 'succeeded'; connections += 1) {
      const answer = await fetch(`http://127.0.0.1:${proxy.port}/itpay/v1/payment-intents/${id}/stream`, {
        headers: {
          authorization: `Bearer ${token}`,
          ...(versions.length > 0 && { 'last-event-id': String(versions.at(-1)) }),
        },
      });
      expect(answer.status).toBe(200);
      following += 1;
      const text = await answer.text(); // until it ends
      for (const [, version, data] of text.matchAll(/^id: (\d+)\ndata: (.*)$/gm)) {
        versions.push(Number(version));
        last = JSON.parse(data!).status;
      }
    }
    return { versions, last, connections };
  }
});
