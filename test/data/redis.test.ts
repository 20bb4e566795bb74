import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aWhile, cacheContract, capturedLogger, fakeClock, pubSubContract, rateLimiterContract } from '@itpay/testkit';
import { PLACE_LEASE_MS, type Clock } from '@itpay/kernel';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openRedis } from '../../packages/data/src/redis/connect.js';
import type { RedisStores } from '../../packages/data/src/redis/stores.js';
import { storesOn } from '../../packages/data/src/redis/stores-on.js';
import type { RedisRateLimiter } from '../../packages/data/src/redis/rate-limiter.js';
import type { RedisAddress } from '../../packages/data/src/redis/address.js';
import { authorityFor } from '../support/certificates.js';
import { describeNeeding } from '../support/needs.js';
import { freePort } from '../support/process.js';
import { freshRedis, freshRedisCluster, redisNeed } from '../support/redis.js';

/** As a process does it: everything on one address, with a prefix of its own unless the test shares it. */
async function open(address: RedisAddress, { prefix = freshPrefix(), logger = capturedLogger() } = {}) {
  const connections = await openRedis({ address, name: 'test', logger });
  onTestFinished(() => connections.close());
  return { ...(await storesOn(connections, prefix, logger)), connections, logger };
}
let installations = 0;
const freshPrefix = () => `{itpay:test:${++installations}}`;
const limiterOf = (stores: RedisStores, clock: Clock = fakeClock(), logger = capturedLogger()) =>
  stores.rateLimiter({ clock, logger, database: null as never }) as RedisRateLimiter;
/** How long something took, in milliseconds. */
async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
const bytes = (text: string) => new TextEncoder().encode(text);

describeNeeding(redisNeed(), 'On one Redis', () => {
  let server: Awaited<ReturnType<typeof freshRedis>>;
  beforeAll(async () => {
    server = await freshRedis();
  });

  contracts(() => server.url);
});

describeNeeding(redisNeed(), 'On a Redis Cluster of three nodes', () => {
  let cluster: Awaited<ReturnType<typeof freshRedisCluster>>;
  beforeAll(async () => {
    cluster = await freshRedisCluster();
  });

  contracts(() => ({ cluster: cluster.urls }));

  it('brings messages from one node to another', async () => {
    const prefix = freshPrefix();
    const all = await Promise.all(cluster.urls.map((url) => open({ cluster: [url] }, { prefix })));
    const heard = vi.fn();
    for (const { pubsub } of all) pubsub.subscribe('work', heard);
    await aWhile();

    for (const [i, { pubsub }] of all.entries()) pubsub.publish('work', `job_${i}`);

    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(9));
  });
});

describeNeeding(redisNeed(), 'While a node of a Redis Cluster is killed', () => {
  it('one request waits for a second at most, wakes go on over another node, and it is used again', async () => {
    const cluster = await freshRedisCluster();
    // On different slots, and some of them on that node.
    const all = await Promise.all(Array.from({ length: 6 }, () => open({ cluster: cluster.urls })));
    const limiters = all.map((stores) => limiterOf(stores));
    const ask = (i: number) => limiters[i % 6]!.take('a', { perSecond: 10, burst: 1_000 });
    const stored = async () => {
      await Promise.all(all.map(({ cache }) => cache.set('key', bytes('1'), 60_000)));
      return (await Promise.all(all.map(({ cache }) => cache.get('key')))).filter((hit) => hit !== null).length;
    };
    expect(await stored()).toBe(6);

    await cluster.nodes[1]!.kill();
    const times = [];
    for (let i = 0; i < 60; i += 1) times.push((await timed(() => ask(i)))[1]);
    const heard = vi.fn();
    for (const { pubsub } of all) pubsub.subscribe('work', heard);
    await cluster.nodes[1]!.restart();

    expect(Math.max(...times)).toBeLessThan(3_000);
    expect(times.filter((ms) => ms > 500).length).toBeLessThanOrEqual(6); // the one of each that noticed
    await vi.waitFor(async () => expect(await stored()).toBe(6), { timeout: 20_000, interval: 200 });
    heard.mockClear();
    for (const { pubsub } of all) pubsub.publish('work', 'job_1');
    await vi.waitFor(() => expect(heard.mock.calls.length).toBe(6));
  });
});

describeNeeding(redisNeed(), 'A Redis Cluster that moved to another address as a whole', () => {
  it('is found again among those that were given', async () => {
    const clusterOfOne = async () => {
      const settings = { enabled: 'yes', port: await freePort(), 'announce-ip': '127.0.0.1' };
      const args = Object.entries(settings).flatMap(([name, value]) => [`--cluster-${name}`, String(value)]);
      const node = await freshRedis({ args });
      const client = (await open(node.url)).connections.client('request');
      await client.cluster('ADDSLOTSRANGE', 0, 16_383);
      await vi.waitFor(async () => expect(await client.cluster('INFO')).toContain('cluster_state:ok'), 10_000);
      return node;
    };
    const [old, next] = [await clusterOfOne(), await clusterOfOne()];
    await next.kill();
    const { check, connections, logger } = await open({ cluster: [old.url, next.url] });
    const background = connections.client('background');
    await vi.waitFor(() => check.check(), 10_000);
    await background.ping();

    await old.kill();
    await next.restart();
    await vi.waitFor(() => check.check(), 20_000);
    await background.ping();

    expect([logger.lines[0]?.message, logger.lines.at(-1)?.message]).toEqual([AWAY, 'Redis is back.']);
  });
});

function contracts(address: () => RedisAddress): void {
  describe('pub/sub', () => {
    pubSubContract(async () => {
      const { pubsub } = await open(address());
      await aWhile(); // until its own connection stands
      return pubsub;
    });

    it('reaches another process once per message, however often it was published at once', async () => {
      const prefix = freshPrefix();
      const [here, there, heard] = [await open(address(), { prefix }), await open(address(), { prefix }), vi.fn()];
      const stranger = await open(address());
      there.pubsub.subscribe('work', heard);
      stranger.pubsub.subscribe('work', heard);
      await aWhile();

      for (let i = 0; i < 50; i += 1) here.pubsub.publish('work', 'job_1');
      here.pubsub.publish('work', 'job_2');
      await aWhile();

      expect(heard.mock.calls).toEqual([['job_1'], ['job_2']]);
    });

    it('sends what was published right before it closes', async () => {
      const prefix = freshPrefix();
      const [here, there, heard] = [await open(address(), { prefix }), await open(address(), { prefix }), vi.fn()];
      there.pubsub.subscribe('work', heard);
      await aWhile();

      here.pubsub.publish('work', 'job_1');
      await here.pubsub.close();

      await vi.waitFor(() => expect(heard.mock.calls).toEqual([['job_1']]));
    });
  });

  describe('rate limiter', () => {
    rateLimiterContract(async (clock) => {
      const prefix = freshPrefix();
      const [one, other] = [await open(address(), { prefix }), await open(address(), { prefix })];
      const logger = capturedLogger();
      onTestFinished(() => expect(logger.lines).toEqual([])); // Redis counted, and not the process
      return { limiter: limiterOf(one, clock, logger), elsewhere: limiterOf(other, clock, logger) };
    });

    it('keeps the places of a process that goes on', async () => {
      const prefix = freshPrefix();
      const clock = fakeClock();
      const [here, there] = [await open(address(), { prefix }), await open(address(), { prefix })];
      const limiter = limiterOf(here, clock);
      await limiter.enter('a', 1);

      clock.advance(PLACE_LEASE_MS - 1);
      await limiter.tidy();
      clock.advance(PLACE_LEASE_MS - 1);

      expect(await limiterOf(there, clock).enter('a', 1)).toBeNull();
    });
  });

  describe('cache', () => {
    cacheContract(async () => (await open(address())).cache);

    it('is shared by the processes of an installation, and by nobody else', async () => {
      const prefix = freshPrefix();
      const [here, there] = [await open(address(), { prefix }), await open(address(), { prefix })];
      const stranger = await open(address());

      await here.cache.set('key', bytes('1'), 60_000);

      expect([await there.cache.get('key'), await stranger.cache.get('key')]).toEqual([
        expect.objectContaining({ value: bytes('1') }),
        null,
      ]);
      await there.cache.delete('key');
      expect(await here.cache.get('key')).toBeNull();
    });
  });
}

describeNeeding(redisNeed(), 'While Redis', () => {
  let server: Awaited<ReturnType<typeof freshRedis>>;
  beforeAll(async () => {
    server = await freshRedis();
  });
  beforeEach(async () => {
    await server.restart();
  });
  const bucket = { perSecond: 10, burst: 5 };

  it('is killed, requests are limited in process, at once, and it is said once', async () => {
    const stores = await open(server.url);
    const logger = capturedLogger();
    const limiter = limiterOf(stores, fakeClock(), logger);
    for (let i = 0; i < 5; i += 1) await limiter.take('a', bucket);
    await server.kill();

    const [takes, tookMs] = await timed(async () => {
      const all = [];
      for (let i = 0; i < 50; i += 1) all.push(await limiter.take('a', bucket));
      return all;
    });
    const places = await Promise.all([limiter.enter('a', 1), limiter.enter('a', 1)]);
    const hit = await stores.cache.get('key');

    expect(takes.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(places.filter((place) => place !== null)).toHaveLength(1);
    expect(hit).toBeNull();
    expect(tookMs).toBeLessThan(10_000); // 50 s, if each waited
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'Rate limits count in this process alone until Redis answers again.',
    ]);
    await vi.waitFor(() => expect(stores.logger.lines.map(({ message }) => message)).toEqual([AWAY]));
  });

  it('hangs, one request waits for a second, and the next ones do not wait', async () => {
    const stores = await open(server.url);
    const limiter = limiterOf(stores);
    await limiter.take('a', bucket);
    server.pause();
    onTestFinished(() => server.resume());

    const [, firstMs] = await timed(() => Promise.all([limiter.take('a', bucket), limiter.take('b', bucket)]));
    const [, othersMs] = await timed(async () => {
      for (let i = 0; i < 20; i += 1) {
        await limiter.take('a', bucket);
        await stores.cache.set('key', bytes('1'), 1000);
        await stores.cache.get('key');
      }
    });

    expect(firstMs).toBeLessThan(3_000);
    expect(othersMs).toBeLessThan(10_000); // 60 s, if each waited
  });

  it('was away, it is used again as soon as it is back', async () => {
    const stores = await open(server.url);
    await server.kill();
    expect(await stores.cache.get('key')).toBeNull();
    await expect(stores.check.check()).rejects.toThrow();

    await server.restart();
    await vi.waitFor(
      async () => {
        await stores.cache.set('key', bytes('1'), 60_000);
        expect(await stores.cache.get('key')).not.toBeNull();
      },
      { timeout: 10_000 },
    );

    await stores.check.check();
    expect(stores.logger.lines.map(({ message }) => message)).toEqual([AWAY, 'Redis is back.']);
  });

  it('was away, wakes resume: what waited is sent, and every listener looks once', async () => {
    const prefix = freshPrefix();
    const [here, there] = [await open(server.url, { prefix }), await open(server.url, { prefix })];
    const heard = vi.fn();
    there.pubsub.subscribe('work', heard);
    there.pubsub.subscribe('changed', heard);
    await aWhile();
    await server.kill();
    await aWhile();
    const own = vi.fn();
    here.pubsub.subscribe('late', own);
    there.pubsub.subscribe('late', heard);
    here.pubsub.publish('late', 'job_1');
    await aWhile();
    expect(own.mock.calls).toEqual([['job_1']]);

    await server.restart();
    await vi.waitFor(() => expect(heard.mock.calls.filter(([message]) => message === '')).toHaveLength(3), 10_000);
    await vi.waitFor(() => {
      here.pubsub.publish('late', 'job_2');
      expect(heard).toHaveBeenCalledWith('job_2');
    }, 10_000);
  });

  it('is away at the start, the start succeeds, and Redis is used once it is there', async () => {
    await server.kill();

    const [stores, tookMs] = await timed(() => open(server.url));
    await server.restart();
    await vi.waitFor(() => stores.check.check(), 10_000);

    expect(tookMs).toBeLessThan(10_000);
  });

  it('forgets everything, only counts are lost', async () => {
    const stores = await open(server.url);
    const limiter = limiterOf(stores);
    const heard = vi.fn();
    stores.pubsub.subscribe('work', heard);
    for (let i = 0; i < 6; i += 1) await limiter.take('a', bucket);
    const place = await limiter.enter('a', 1);
    await stores.cache.set('key', bytes('1'), 60_000);

    const client = stores.connections.client('request');
    await client.flushall();
    await client.script('FLUSH');

    expect(await limiter.take('a', bucket)).toMatchObject({ allowed: true, remaining: 4 });
    expect(await limiter.enter('a', 1)).not.toBeNull();
    place!.leave();
    expect(await stores.cache.get('key')).toBeNull();
    stores.pubsub.publish('work', 'job_1');
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('job_1'));
  });

  it('hangs when a place is given back, it gets the place back later', async () => {
    const clock = fakeClock();
    const limiter = limiterOf(await open(server.url), clock);
    const place = await limiter.enter('a', 1);
    server.pause();
    place!.leave();
    await sleep(1_100);
    server.resume();

    await vi.waitFor(async () => expect(await limiter.enter('a', 1)).not.toBeNull(), 10_000);
    expect(await limiter.enter('a', 1)).toBeNull();
  });
});

describeNeeding(redisNeed(), 'A Redis that is not open to everybody', () => {
  it('lets in a user who may touch its own keys only', async () => {
    const user = ['on', '>p@ss/word', '~{itpay:*', '&{itpay:*', '+@all', '-@admin', '-@dangerous', '+info', '+cluster'];
    const server = await freshRedis({ args: ['--user', 'shop', ...user, '--requirepass', 'other'] });
    const stores = await open(server.url.replace('//', '//shop:p%40ss%2Fword@'));
    const logger = capturedLogger();
    const heard = vi.fn();
    stores.pubsub.subscribe('work', heard);

    await stores.check.check();
    await limiterOf(stores, fakeClock(), logger).take('a', { perSecond: 1, burst: 1 });
    await stores.cache.set('key', bytes('1'), 60_000);
    stores.pubsub.publish('work', 'job_1');

    expect(await stores.cache.get('key')).not.toBeNull();
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('job_1'));
    expect([...logger.lines, ...stores.logger.lines]).toEqual([]);
  });

  it.each([['redis://127.0.0.1'], ['redis://:wr0ng@127.0.0.1'], ['redis://shop:wr0ng@127.0.0.1']])(
    'does not show the password when it refuses: %s',
    async (address) => {
      const server = await freshRedis({ args: ['--requirepass', 's3cr3t'] });

      const stores = await open(address.replace('127.0.0.1', `127.0.0.1:${server.port}`));

      await expect(stores.check.check()).rejects.toThrow();
      expect(stores.logger.lines).toMatchObject([{ fields: { reason: expect.stringMatching(/^(NOAUTH|WRONGPASS)/) } }]);
      expect(JSON.stringify(stores.logger.lines)).not.toMatch(/s3cr3t|wr0ng/);
    },
  );

  it('is reached over TLS, by who knows its authority', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'itpay-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { authority, localhost } = authorityFor(['localhost']);
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const ca = await file('ca.pem', authority.certificate);
    const port = await freePort();
    const files = ['--tls-cert-file', await file('cert.pem', localhost.certificate)];
    files.push('--tls-key-file', await file('key.pem', localhost.privateKey), '--tls-ca-cert-file', ca);
    await freshRedis({ args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'] });
    const ask = (env: NodeJS.ProcessEnv) => {
      const script = `
        const { openRedisStores } = await import('@itpay/data');
        const logger = { debug() {}, info() {}, error() {}, warn: ({ reason }) => console.log(reason) };
        const stores = await openRedisStores({ address: 'rediss://localhost:${port}', prefix: '{itpay:tls}', logger });
        await stores.check.check().then(() => console.log('works'), () => {});
        await stores.pubsub.close();
        await stores.close();
      `;
      const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 30_000 } as const;
      return spawnSync(process.execPath, ['--input-type=module', '-e', script], options).stdout.trim();
    };

    expect(ask({ NODE_EXTRA_CA_CERTS: ca })).toBe('works');
    expect(ask({})).toMatch(/certificate/);
  });
});

const AWAY = 'Redis is away. Everything goes on without it, and it is tried again.';
