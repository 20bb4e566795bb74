import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freshRedis, redisNeed } from '../support/redis.js';
import { ask, freshInstallation, openInstances, type Instance } from './instance.js';

// What one process learns, the others know: a key that was revoked, how much a caller has used, a payment that changed.

const RATE = { perSecond: 100_000, burst: 100_000 };
const WIDE = { ...RATE, concurrent: 10_000 };
/** Of a key in live mode. */
const NARROW = { perSecond: 1, burst: 9, concurrent: 1_000 };
const LIST = '/v1/payment-intents?limit=1';

const need = [postgresNeed(), redisNeed()].find(({ missing }) => missing !== null) ?? { missing: null };

describeNeeding(need, 'three processes', () => {
  let redis: Awaited<ReturnType<typeof freshRedis>>;
  let house: Awaited<ReturnType<typeof freshInstallation>>;
  let all: Instance[];
  let admin: string;
  let count = 0;

  beforeAll(async () => {
    redis = await freshRedis();
    house = await freshInstallation({ rateLimits: { test: WIDE, merchant: NARROW, credentials: RATE } });
    all = await openInstances(3, withRedis());
    const scopes = ['keys:read', 'keys:write', 'payments:read', 'payments:write'];
    ({ token: admin } = await all[0]!.run('key', { livemode: false, scopes }));
  });

  const withRedis = () => ({ ...house.setting, options: { ...house.setting.options, redis: redis.url } });
  const newKey = async (livemode = false): Promise<{ id: string; token: string }> =>
    all[0]!.run('key', { livemode, scopes: ['payments:read'] });
  const revoke = async (id: string) => {
    const answer = await ask(all[0]!, 'DELETE', `/v1/api-keys/${id}`, { token: admin, key: `revoke-${id}` });
    expect(answer.status).toBe(204);
  };
  const setClocks = (details: { offsetMs?: number; atMs?: number | null }) =>
    Promise.all(all.map((one) => one.run('clock', details)));
  const statuses = async (token: string) =>
    Promise.all(all.map(async (one) => (await ask(one, 'GET', LIST, { token })).status));

  /** Uses a key at a process until it is refused. @returns when the last request began that was let in, or 0 */
  async function useUntilRefused(one: Instance, token: string): Promise<number> {
    for (let lastMs = 0; ; await sleep(10)) {
      const began = performance.now();
      const { status } = await ask(one, 'GET', LIST, { token });
      if (status === 401) return lastMs;
      expect(status).toBe(200);
      lastMs = began;
    }
  }

  async function hearOfARevokedKey(): Promise<void> {
    const key = await newKey();
    const uses = all.map((one) => useUntilRefused(one, key.token));
    await sleep(200); // it is in use everywhere

    await revoke(key.id);
    const revokedMs = performance.now();

    for (const lastMs of await Promise.all(uses)) {
      expect(lastMs).toBeGreaterThan(0);
      expect(lastMs - revokedMs).toBeLessThan(1_000);
    }
    expect(await statuses(key.token)).toEqual([401, 401, 401]);
  }

  async function wakeEachOthersPolls(): Promise<void> {
    const [first, second] = all as [Instance, Instance];
    const body = { amount: { currency: 'THB', value: 10_000 }, channel: 'fake' };
    const created = await ask(first, 'POST', '/v1/payment-intents', { token: admin, key: `poll-${count++}`, body });
    const { id, channel_reference: reference } = created.body;
    const cursor = (await ask(first, 'GET', `/v1/payment-intents/${id}/wait?timeout=1`, { token: admin })).body.cursor;
    const polling = ask(first, 'GET', `/v1/payment-intents/${id}/wait?timeout=30&cursor=${cursor}`, { token: admin });
    const answered = polling.then(() => performance.now());
    await house.rail.pay(reference);
    await sleep(100); // it waits now, and looks by itself only in two seconds

    const [callback] = (await house.rail.callbacks()).filter((one) => one.reference === reference);
    const to = `http://127.0.0.1:${second.port}${new URL(callback!.url).pathname}`;
    const [delivery] = await house.rail.deliverCallbacks({ reference, to });
    const deliveredMs = performance.now();

    expect(delivery).toMatchObject({ status: 200 });
    expect((await answered) - deliveredMs).toBeLessThan(1_000);
    expect((await polling).body).toMatchObject({
      type: 'payment_intent.state',
      payment_intent: { status: 'succeeded' },
    });
  }

  describe('with Redis between them', () => {
    it('refuse a key within a second after one of them revoked it', hearOfARevokedKey);

    it('wake the long polls of each other', wakeEachOthersPolls);

    it('count a caller’s requests together', async () => {
      const { token } = await newKey(true);
      const began = performance.now();

      const answers = await Promise.all(Array.from({ length: 15 }, () => statuses(token)));

      const allowed = answers.flat().filter((status) => status === 200).length;
      const refilled = Math.ceil(((performance.now() - began) / 1_000) * NARROW.perSecond);
      expect(answers.flat().filter((status) => status !== 200 && status !== 429)).toEqual([]);
      expect(allowed).toBeGreaterThanOrEqual(NARROW.burst);
      expect(allowed).toBeLessThanOrEqual(NARROW.burst + refilled);
    });
  });

  describe('whose Redis is dead', () => {
    it('refuse a key ten seconds after one of them revoked it, and not sooner: nobody told them', async () => {
      await redis.kill();
      const key = await newKey();
      const startMs = Date.now() + 60_000; // what they remember from before is too old by then
      await setClocks({ atMs: startMs });
      expect(await statuses(key.token)).toEqual([200, 200, 200]);

      await revoke(key.id);

      expect(await statuses(key.token)).toEqual([401, 200, 200]);
      await setClocks({ atMs: startMs + 9_999 });
      expect(await statuses(key.token)).toEqual([401, 200, 200]);
      await setClocks({ atMs: startMs + 10_000 });
      expect(await statuses(key.token)).toEqual([401, 401, 401]);
    });
  });

  describe('with nothing but PostgreSQL between them', () => {
    beforeAll(async () => {
      await Promise.all(all.map((one) => one.run('stop')));
      await setClocks({ offsetMs: 0 });
      await Promise.all(all.map((one) => one.open(house.setting)));
    });

    it('refuse a key within a second after one of them revoked it', hearOfARevokedKey);

    it('wake the long polls of each other', wakeEachOthersPolls);
  });
});
