import { setTimeout as sleep } from 'node:timers/promises';
import type { JobNotice } from '@itpay/kernel';
import { capturedLogger, jobQueueContract } from '@itpay/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeNeeding } from '../../../../test/support/needs.js';
import { redisNeed, startRedis, startRedisCluster } from '../../../../test/support/redis.mjs';
import { openRedis, type RedisConnections } from '../redis/connect.js';
import type { RedisAddress } from '../redis/address.js';
import { bullmqJobQueue, loadBullmq } from './job-queue.js';

let logger = capturedLogger();
const opened: RedisConnections[] = [];
beforeEach(() => void (logger = capturedLogger()));
afterEach(async () => {
  for (const redis of opened.splice(0)) await redis.close();
});

let prefixes = 0;
/** Two processes of an installation of its own. */
async function twoProcesses(address: RedisAddress) {
  const prefix = `{itpay:test-${++prefixes}}`;
  const process = async () => {
    const redis = await openRedis({ address, name: 'itpay-test', logger });
    opened.push(redis);
    return { redis, queue: await bullmqJobQueue({ redis, prefix, logger }) };
  };
  const [here, there] = [await process(), await process()];
  return { ...here, elsewhere: there.queue };
}

const noticeOf = (id: string, about: Partial<JobNotice> = {}): JobNotice => {
  return { id, name: 'greet', lane: null, priority: 50, runAt: new Date(Date.now() - 1), ...about };
};

describeNeeding(redisNeed(), 'BullMQ on one Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  jobQueueContract(() => twoProcesses(server.url));

  it('leaves nothing behind of what was handed out', async () => {
    const { redis, queue } = await twoProcesses(server.url);
    const seen: string[] = [];
    const end = queue.receive(async ({ id }) => void seen.push(id));
    queue.offer(Array.from({ length: 30 }, (_, n) => noticeOf(`job_${n}`)));
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(30);
    await end();
    await queue.close();

    const left = await redis.client('background').keys(`{itpay:test-${prefixes}}:jobs:*`);

    expect(left.filter((key) => key.includes('job_'))).toEqual([]);
    expect(left.length).toBeLessThan(8); // BullMQ's own few, however many notices there were
  });

  it('sends no payload, lane or key as part of a name: the notice is all there is', async () => {
    const { redis, queue } = await twoProcesses(server.url);
    queue.offer([noticeOf('job_1', { lane: 'channel:wechat:live:1900', runAt: new Date(86_400_000) })]);
    const key = `{itpay:test-${prefixes}}:jobs:job_1-86400000`;
    const client = redis.client('background');

    await expect.poll(() => client.hget(key, 'data')).not.toBeNull();

    expect(JSON.parse((await client.hget(key, 'data'))!)).toEqual({
      id: 'job_1',
      lane: 'channel:wechat:live:1900',
      priority: 50,
      runAt: 86_400_000,
    });
    await queue.close();
  });

  it('leaves no connection behind, even when it closes while a job hangs', async () => {
    const { queue, elsewhere } = await twoProcesses(server.url);
    const seen: string[] = [];
    const end = queue.receive(async ({ id }) => {
      seen.push(id);
      await new Promise(() => {});
    });
    queue.offer([noticeOf('job_hangs')]);
    await expect.poll(() => seen, { timeout: 10_000 }).toHaveLength(1);

    void end();
    await queue.close();
    await elsewhere.close();
    for (const redis of opened.splice(0)) await redis.close();

    const last = await openRedis({ address: server.url, name: 'looks', logger });
    opened.push(last);
    const others = async () => {
      const list = (await last.client('background').client('LIST')) as string;
      return list.split('\n').filter((line) => line !== '' && !line.includes('name=looks'));
    };
    await expect.poll(others, { timeout: 5_000 }).toEqual([]);
  });

  it('goes on after everything in Redis was flushed', async () => {
    const { redis, queue } = await twoProcesses(server.url);
    const seen: string[] = [];
    const end = queue.receive(async ({ id }) => void seen.push(id));
    queue.offer([noticeOf('job_1')]);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['job_1']);

    await redis.client('background').flushall();
    queue.offer([noticeOf('job_2'), noticeOf('job_3', { runAt: new Date(Date.now() + 200) })]);

    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['job_1', 'job_2', 'job_3']);
    await end();
    await queue.close();
  });
});

describeNeeding(redisNeed(), 'BullMQ on a Redis that fails', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(() => server.stop());

  it('drops what is offered meanwhile, says so once, and goes on when Redis is back', async () => {
    const { queue, elsewhere } = await twoProcesses(server.url);
    const seen: string[] = [];
    const end = elsewhere.receive(async ({ id }) => void seen.push(id));
    queue.offer([noticeOf('job_before')]);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['job_before']);
    await server.kill();

    const started = performance.now();
    for (let n = 0; n < 1_000; n += 1) queue.offer([noticeOf(`job_${n}`)]);
    const offeringMs = performance.now() - started;
    const said = () => logger.lines.filter(({ message }) => message.startsWith('Notices of jobs'));
    await expect.poll(said, { timeout: 5_000 }).toHaveLength(1);
    await server.restart();
    let n = 0;
    await expect
      .poll(
        () => {
          queue.offer([noticeOf(`job_after_${n++}`)]);
          return seen.some((id) => id.startsWith('job_after'));
        },
        { timeout: 15_000, interval: 200 },
      )
      .toBe(true);
    await end();
    await queue.close();

    expect(offeringMs).toBeLessThan(2_000);
    expect(said()).toMatchObject([
      { level: 'warn', fields: { redis: `127.0.0.1:${server.port}` } },
      { level: 'info', fields: { dropped: expect.any(Number) } },
    ]);
    expect(said()[1]!.fields['dropped']).toBeGreaterThanOrEqual(1_000);
  });

  it('holds a bounded number of notices while Redis does not answer', async () => {
    const { redis, queue } = await twoProcesses(server.url);
    await expect.poll(() => redis.client('request').status, { timeout: 5_000 }).toBe('ready');
    server.pause();

    for (let n = 0; n < 30; n += 1) {
      queue.offer(Array.from({ length: 1_000 }, (_, k) => noticeOf(`job_${n}_${k}`)));
    }
    const said = () => logger.lines.filter(({ message }) => message.startsWith('Notices of jobs'));

    expect(said()).toMatchObject([{ level: 'warn', fields: { reason: 'Redis is slower than they come' } }]);
    server.resume();
    await queue.close();
  });

  it.each<[how: string, before: () => Promise<void> | void, after: () => void]>([
    ['is killed', () => server.kill(), () => {}],
    ['does not answer', () => server.pause(), () => server.resume()],
  ])('ends receiving and closes within a few seconds when Redis %s', async (_how, before, after) => {
    const { queue } = await twoProcesses(server.url);
    const seen: string[] = [];
    const end = queue.receive(async ({ id }) => void seen.push(id));
    queue.offer([noticeOf('job_1')]);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['job_1']);
    await before();

    const started = performance.now();
    queue.offer([noticeOf('job_2')]);
    await end();
    await queue.close();
    after();

    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('asks a Redis that refuses to write a few times a second, and goes on when it writes again', async () => {
    const { redis, queue } = await twoProcesses(server.url);
    const client = redis.client('background');
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))![1]);
    queue.offer([noticeOf('job_1', { runAt: new Date(86_400_000) })]);
    const key = `{itpay:test-${prefixes}}:jobs:job_1-86400000`;
    await expect.poll(() => client.exists(key), { timeout: 5_000 }).toBe(1);
    await client.config('SET', 'min-replicas-to-write', '1'); // as MISCONF and OOM do: it takes no more writes
    const refusals = () => logger.lines.filter(({ message }) => message.startsWith('Redis refused'));

    const seen: string[] = [];
    const end = queue.receive(async ({ id }) => void seen.push(id));
    await expect.poll(refusals, { timeout: 5_000 }).toHaveLength(1);
    const before = await commands();
    await sleep(2_000);
    const asked = (await commands()) - before;
    await client.config('SET', 'min-replicas-to-write', '0');
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['job_1']);
    await end();
    await queue.close();

    expect(asked).toBeLessThan(200);
  });

  it('starts, stops and takes offers when Redis never was there', async () => {
    await server.kill();
    const { queue } = await twoProcesses(server.url);

    const end = queue.receive(async () => {});
    queue.offer([noticeOf('job_1')]);
    await end();
    await queue.close();
  });
});

describeNeeding(redisNeed(), 'BullMQ on a Redis Cluster of three nodes', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  jobQueueContract(() => twoProcesses({ cluster: cluster.urls }));
});

describe('without the package bullmq', () => {
  it('names both ways out', async () => {
    const missing = Object.assign(new Error("Cannot find package 'bullmq'"), { code: 'ERR_MODULE_NOT_FOUND' });

    const loading = loadBullmq(() => Promise.reject(missing));

    await expect(loading).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/npm install bullmq@6.*queue: "table"/),
    });
  });

  it('hides no other fault of it', async () => {
    const loading = loadBullmq(() => Promise.reject(new SyntaxError('Unexpected token')));

    await expect(loading).rejects.toThrow(SyntaxError);
  });
});
