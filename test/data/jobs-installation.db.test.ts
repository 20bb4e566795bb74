import { promptpay } from '@itpay/channel-promptpay';
import { isItPayError } from '@itpay/core';
import { Database, definePlugin, JobHandlers, Jobs, token, type Job, type JobQueue } from '@itpay/kernel';
import { capturedLogger, fakeJobQueue } from '@itpay/testkit';
import { createItPay, type ItPay, type ItPayOptions } from 'itpay';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { backend } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freshStore } from '../support/pay.js';
import { freshRedis, redisNeed } from '../support/redis.js';

// Which courier an installation takes, and that jobs pass through it.

const intent = { amount: { currency: 'THB', value: 19_900n }, channel: 'promptpay' };

/** A plugin with one job, which notes when it ran, in a lane of its own. */
function ticking(lane: string) {
  const ran: number[] = [];
  interface Ticker {
    add(count: number): Promise<void>;
  }
  const Ticker = token<Ticker>('ticking.ticker');
  const plugin = definePlugin({
    name: 'ticking',
    version: '0.1.0',
    api: Ticker,
    register: (registry) => {
      registry.own(Ticker, [Jobs.token, Database], (jobs, database) => ({
        add: (count) =>
          database.transaction(async (tx) => {
            for (let n = 0; n < count; n += 1) await jobs.add(tx, 'ticking.tick', `${n}`, {}, { lane });
          }),
      }));
      registry.contribute(JobHandlers, [], (): Job => ({
        name: 'ticking.tick',
        run: async () => void ran.push(Date.now()),
      }));
    },
  });
  return { plugin, ran };
}

const adderOf = (pay: ItPay) => (pay.plugins as { ticking: { add(count: number): Promise<void> } }).ticking.add;

async function start(options: Partial<ItPayOptions> = {}) {
  const pay = await createItPay({
    publicUrl: 'https://shop.example/itpay',
    plugins: [promptpay({ target: '0812345678' })],
    logger: capturedLogger(),
    ...options,
  });
  onTestFinished(() => pay.stop());
  return pay;
}

describe('An installation', () => {
  it('hands its jobs to the queue of the host, runs what that brings, and closes it', async () => {
    const queue = fakeJobQueue();
    let closed = 0;
    const pay = await start({ ...(await freshStore()), queue: { ...queue, close: async () => void (closed += 1) } });
    const seen: string[] = [];
    pay.on('payment_intent.*', ({ type }) => void seen.push(type), { name: 'mail' });

    await expect
      .poll(
        async () => {
          await pay.payments.createIntent({ ...intent, confirmDuplicate: true });
          return seen.length;
        },
        { timeout: 30_000, interval: 300 },
      )
      .toBeGreaterThan(0);
    await pay.stop();

    expect(queue.offered).toMatchObject(queue.offered.map(() => ({ name: 'event.deliver:mail', priority: 10 })));
    expect(queue.offered.length).toBeGreaterThan(0);
    expect(closed).toBe(1);
  });

  it.each<[options: Partial<ItPayOptions>, param: string]>([
    [{ queue: 'redis' as 'table' }, 'queue'],
    [{ queue: {} as JobQueue }, 'queue'],
    [{ jobLimits: { a: { perSecond: 0, burst: 1 } } }, 'jobLimits'],
    [{ jobLimits: { a: { perSecond: 1, burst: 0 } } }, 'jobLimits'],
  ])('does not start with %j', async (options, param) => {
    const error = await start({ ...(await freshStore()), ...options }).catch((thrown: unknown) => thrown);

    expect(isItPayError(error) && [error.code, error.param]).toEqual(['CONFIGURATION_INVALID', param]);
  });
});

// The embedded database has one process.
if (backend() === 'postgres') {
  describe('Processes of an installation', () => {
    it('start no more jobs of a lane than its limit allows, together', async () => {
      const store = { ...(await freshStore()), jobLimits: { 'channel:wechat': { perSecond: 5, burst: 2 } } };
      const [one, two] = [ticking('channel:wechat:live:1900'), ticking('channel:wechat:live:1900')];
      const here = await start({ ...store, plugins: [one.plugin] });
      await start({ ...store, plugins: [two.plugin] });
      const ran = () => [...one.ran, ...two.ran].toSorted((a, b) => a - b);

      const startMs = Date.now();
      await adderOf(here)(7);
      await expect.poll(() => ran().length, { timeout: 30_000 }).toBe(7);

      // Two at once, and one more each 200 ms: the seventh after a second.
      expect(ran()[6]! - startMs).toBeGreaterThanOrEqual(1_000);
    });
  });

  describeNeeding(redisNeed(), 'An installation with Redis', () => {
    let server: Awaited<ReturnType<typeof freshRedis>>;
    beforeAll(async () => {
      server = await freshRedis();
    });
    const keysOf = async () => {
      const client = new Redis(server.url);
      try {
        return (await client.keys('*')).filter((key) => key.includes(':jobs:'));
      } finally {
        client.disconnect();
      }
    };

    it('goes without a queue when told so', async () => {
      await start({ ...(await freshStore()), redis: server.url, queue: 'table' });

      expect(await keysOf()).toEqual([]);
    });

    it('lets its processes share the jobs over BullMQ, and loses none with Redis', async () => {
      const store = { ...(await freshStore()), redis: server.url };
      const [one, two] = [ticking('a'), ticking('b')];
      const here = await start({ ...store, plugins: [one.plugin] });
      await start({ ...store, plugins: [two.plugin] });
      const add = adderOf(here);

      await add(20);
      await expect.poll(() => one.ran.length + two.ran.length, { timeout: 30_000 }).toBe(20);
      expect(one.ran.length).toBeGreaterThan(0);
      expect(two.ran.length).toBeGreaterThan(0);
      expect((await keysOf()).every((key) => /^\{itpay:[^{}]+\}:jobs:/.test(key))).toBe(true);

      await server.kill();
      const atMs = Date.now();
      await add(20);
      await expect.poll(() => one.ran.length + two.ran.length, { timeout: 30_000 }).toBe(40);
      expect(Date.now() - atMs).toBeLessThan(20_000);
    });
  });
}
