import { definePlugin, defineRoute, JobHandlers, Jobs, Routes, Sweeps, Database } from '@itpay/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../support/kernel.js';
import { testPay } from '../support/pay.js';

let begun: ReturnType<typeof deferred<void>>;
let release: ReturnType<typeof deferred<void>>;
beforeEach(() => {
  begun = deferred();
  release = deferred();
});

const common = { summary: 'A route of a test', tag: 'Test', access: 'public', answers: {}, errors: [] } as const;
const works = async () => {
  begun.resolve();
  await release.promise;
};

/** A plugin whose route, stream, job and sweep last until the test releases them. */
const slow = (what: { sweep?: boolean } = {}) =>
  definePlugin({
    name: 'slow',
    version: '1',
    register: (registry) => {
      registry.contribute(Routes, [], () =>
        defineRoute({
          ...common,
          method: 'GET',
          path: '/v1/slow',
          run: async () => (await works(), { status: 200, body: { done: true } }),
        }),
      );
      registry.contribute(Routes, [], () =>
        defineRoute({
          ...common,
          method: 'GET',
          path: '/v1/poll',
          run: ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason));
              begun.resolve();
            }),
        }),
      );
      registry.contribute(Routes, [], () =>
        defineRoute({
          ...common,
          method: 'GET',
          path: '/v1/hanging-stream',
          run: async () => ({
            status: 200,
            stream: {
              type: 'text/event-stream',
              chunks: (async function* () {
                yield 'first';
                await works(); // does not listen to the signal
              })(),
            },
          }),
        }),
      );
      registry.contribute(JobHandlers, [], () => ({ name: 'slow.job', run: works }));
      registry.contribute(Routes, [Jobs.token, Database], (jobs, database) =>
        defineRoute({
          ...common,
          method: 'GET',
          path: '/v1/enqueue',
          run: async () => {
            await database.transaction((tx) => jobs.add(tx, 'slow.job', 'k', {}));
            return { status: 200, body: {} };
          },
        }),
      );
      if (what.sweep) {
        registry.contribute(Sweeps, [], () => ({ name: 'slow.sweep', run: async () => (await works(), false) }));
      }
    },
  });

const warnings = (t: Awaited<ReturnType<typeof testPay>>) =>
  t.logger.lines
    .filter(({ message }) => message.startsWith('The stop took too long'))
    .map(({ fields }) => fields['running']);

it('lets a running request finish, refuses new ones for good, and is the same stop when called again', async () => {
  const t = await testPay({ plugins: [slow()] });
  const running = t.request('GET', '/v1/slow');
  await begun.promise;

  const stopping = t.pay.stop();
  const refused = await t.request('GET', '/v1/slow');
  release.resolve();

  expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('connection')]).toEqual([
    503,
    '5',
    'close',
  ]);
  expect((await running).body).toEqual({ done: true });
  await Promise.all([stopping, t.pay.stop()]);
  expect(warnings(t)).toEqual([]);
  await expect(t.pay.knex.raw('select 1')).rejects.toThrow();
});

it('ends a long poll at once', async () => {
  const t = await testPay({ plugins: [slow()] });
  const polling = t.request('GET', '/v1/poll');
  await begun.promise;

  await t.pay.stop();

  expect((await polling).status).toBe(503);
});

it('waits for the job that runs', async () => {
  const t = await testPay({ plugins: [slow()], work: true });
  await t.request('GET', '/v1/enqueue');
  await begun.promise;
  let stopped = false;

  const stopping = t.pay.stop().then(() => (stopped = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  release.resolve();
  await stopping;

  expect(warnings(t)).toEqual([]);
});

describe('When something does not end in time, it resolves and names', () => {
  const late = { stopTimeoutMs: 100 };

  it('a request', async () => {
    const t = await testPay({ plugins: [slow()], ...late });
    void t.request('GET', '/v1/slow');
    await begun.promise;

    await t.pay.stop();

    expect(warnings(t)).toEqual([['request /v1/slow']]);
    release.resolve();
  });

  it('a stream that does not listen', async () => {
    const t = await testPay({ plugins: [slow()], ...late });
    const response = await t.pay.fetch(new Request('https://shop.example/itpay/v1/hanging-stream'));
    const reader = response.body!.getReader();
    await reader.read();
    void reader.read();

    await t.pay.stop();

    expect(warnings(t)).toEqual([['request /v1/hanging-stream']]);
    release.resolve();
  });

  it('a job', async () => {
    const t = await testPay({ plugins: [slow()], work: true, ...late });
    await t.request('GET', '/v1/enqueue');
    await begun.promise;

    await t.pay.stop();

    expect(warnings(t)).toEqual([['job slow.job']]);
    release.resolve();
  });

  it('a sweep', async () => {
    const t = await testPay({ plugins: [slow({ sweep: true })], work: true, ...late });
    await begun.promise;

    await t.pay.stop();

    expect(warnings(t)).toEqual([['sweep slow.sweep']]);
    release.resolve();
  });
});

it.each([-1, Number.NaN, 4_000_000])('refuses %s as a limit', async (stopTimeoutMs) => {
  await expect(testPay({ stopTimeoutMs })).rejects.toThrow(/stopTimeoutMs/);
});
