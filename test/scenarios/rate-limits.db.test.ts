import { createItPay } from 'itpay';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';

const PATH = '/v1/channels';
const store = 'postgres';

it('lets a burst through and no more, however many processes share the store', async () => {
  const place = await freshStore();
  const t = await testPay({ ...place, rateLimits: { store, test: { burst: 50, concurrent: 1_000 } } });
  // The embedded database is one process's alone.
  const other = backend() === 'postgres' ? await anotherProcess(t, place) : t.pay;
  const ask = (pay: { fetch(request: Request): Promise<Response> }) =>
    pay.fetch(new Request(`https://shop.example/itpay${PATH}`, { headers: { authorization: `Bearer ${t.testKey}` } }));

  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i % 2 === 0 ? t.pay : other)));

  const statuses = answers.map(({ status }) => status);
  expect([count(statuses, 200), count(statuses, 429)]).toEqual([50, 150]);
  t.clock.advance('1s');
  expect((await ask(other)).headers.get('itpay-ratelimit-remaining')).toBe('24');
});

it('counts the two modes of an account apart', async () => {
  const t = await testPay({ rateLimits: { test: { burst: 1 } } });

  const statuses = [];
  for (const key of [t.testKey, t.testKey, t.liveKey]) statuses.push((await t.request('GET', PATH, { key })).status);

  expect(statuses).toEqual([200, 429, 200]);
});

it('answers as before when the tables of the limiter are gone', async () => {
  const t = await testPay({ rateLimits: { store, test: { burst: 1 } } });
  await t.pay.knex.schema.withSchema('itpay').dropTable('rate_buckets').dropTable('rate_places');

  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await t.request('GET', PATH)).status);

  expect(statuses).toEqual([200, 200, 200]);
  expect(t.logger.lines.filter(({ message }) => message.startsWith('The rate limiter'))).toHaveLength(1);
});

it.each([
  [{ rateLimits: { store: 'redis' } }, 'rateLimits'],
  [{ rateLimits: { merchant: { perSecond: -1 } } }, 'rateLimits'],
  [{ trustProxy: ['everybody'] }, 'trustProxy'],
])('does not start with %j', async (options, param) => {
  const starting = createItPay({ publicUrl: 'https://shop.example', plugins: [], ...(options as object) });

  await expect(starting).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', param });
});

async function anotherProcess(t: Awaited<ReturnType<typeof testPay>>, place: Awaited<ReturnType<typeof freshStore>>) {
  const pay = await createItPay({
    ...place,
    publicUrl: 'https://shop.example/itpay',
    plugins: [],
    mode: 'test',
    account: 'Test Shop',
    work: false,
    clock: t.clock,
    logger: t.logger,
    rateLimits: { store, test: { burst: 50, concurrent: 1_000 } },
  });
  whenFileEnds(() => pay.stop());
  return pay;
}

const count = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length;
