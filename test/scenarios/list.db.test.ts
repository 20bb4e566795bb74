import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

const PATH = '/v1/payment-intents';
const AGENT = 'agent_06b2m6vk0dtf5d5cq0m3vz8x4t';
const HUMAN = 'human_06b2m6vk0dtf5d5cq0m3vz8x4v';
const COUNT = 60;

describe('the list of payment intents', () => {
  let t: Awaited<ReturnType<typeof testPay>>;
  /** Newest first. */
  const all: string[] = [];
  let live: string;
  let foreign: string;
  let foreignKey: string;

  beforeAll(async () => {
    t = await testPay();
    const create = async (body: object, key?: string) => {
      const answer = await t.request('POST', PATH, {
        key,
        body: { amount: { currency: 'THB', value: 100 }, confirm_duplicate: true, ...body },
      });
      return answer.body.id as string;
    };
    const { id: account } = await t.pay.accounts.create('Another Shop');
    ({ token: foreignKey } = await t.pay.keys.create({
      account,
      livemode: false,
      label: 'o',
      preset: 'merchant_full',
    }));
    for (let i = 0; i < COUNT; i++) {
      // In groups of the same millisecond: the order of creation holds within one, too.
      if (i % 7 === 0) t.clock.advance('1m');
      const payer =
        i % 10 === 0 ? { agent_id: AGENT } : i % 10 === 1 ? { agent_id: AGENT, human_id: HUMAN } : undefined;
      all.unshift(await create({ order_reference: `order-${i % 3}`, payer }));
      if (i === 30) {
        live = await create({ order_reference: 'order-0' }, t.liveKey);
        foreign = await create({ order_reference: 'order-0' }, foreignKey);
      }
    }
    await t.request('POST', `/v1/test-helpers/payment-intents/${all[5]}/simulate`, { body: { event: 'paid' } });
  });

  const list = async (query: string, key?: string) => (await t.request('GET', `${PATH}${query}`, { key })).body;
  const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

  it('begins with the newest, 25 of them', async () => {
    const page = await list('');

    expect(page).toMatchObject({ object: 'list', has_more: true, next_cursor: all[24], url: '/v1/payment-intents' });
    expect(ids(page)).toEqual(all.slice(0, 25));
  });

  it.each([1, 7, 20, 59, 60, 61, 100])(
    'is read to its end in pages of %d, without a gap or a repeat',
    async (limit) => {
      const pages = [await list(`?limit=${limit}`)];
      while (pages.at(-1).has_more)
        pages.push(await list(`?limit=${limit}&starting_after=${pages.at(-1).next_cursor}`));

      expect(pages.flatMap(ids)).toEqual(all);
      expect(pages.length).toBe(Math.ceil(COUNT / limit));
      expect(pages.at(-1).next_cursor).toBeNull();
    },
  );

  it.each([7, 20, 59, 100])('is read back to its beginning in pages of %d', async (limit) => {
    const pages = [await list(`?limit=${limit}&ending_before=${all.at(-1)}`)];
    while (pages[0].has_more) pages.unshift(await list(`?limit=${limit}&ending_before=${pages[0].next_cursor}`));

    expect(pages.flatMap(ids)).toEqual(all.slice(0, -1));
    expect(pages[0].next_cursor).toBeNull();
  });

  it('is empty after its last one, and before its first', async () => {
    const after = await list(`?starting_after=${all.at(-1)}`);
    const before = await list(`?ending_before=${all[0]}`);

    expect([after, before]).toMatchObject([
      { data: [], has_more: false, next_cursor: null },
      { data: [], has_more: false, next_cursor: null },
    ]);
  });

  it.each<[string, (i: number) => boolean]>([
    // i: 0 is the oldest
    ['?order_reference=order-2', (i) => i % 3 === 2],
    ['?order_reference=order-9', () => false],
    ['?order_reference=ORDER-2', () => false],
    ['?status=succeeded', (i) => i === COUNT - 1 - 5],
    ['?status=qr_generated', (i) => i !== COUNT - 1 - 5],
    ['?status=expired', () => false],
    [`?payer=${AGENT}`, (i) => i % 10 < 2],
    [`?payer=${HUMAN}`, (i) => i % 10 === 1],
    [`?payer=${HUMAN}&order_reference=order-2`, (i) => i % 10 === 1 && i % 3 === 2],
    ['?created_gte=2025-01-01T00:05:00Z', (i) => i >= 28],
    ['?created_lte=2025-01-01T00:05:00Z', (i) => i < 35],
    ['?created_gte=2025-01-01T07:05:00%2B07:00&created_lte=2025-01-01T07:05:00%2B07:00', (i) => i >= 28 && i < 35],
    ['?created_gte=2025-01-01T00:05:00.001Z', (i) => i >= 35],
    ['?created_gte=2030-01-01T00:00:00Z', () => false],
  ])('shows what fits %s', async (query, fits) => {
    const page = await list(`${query}&limit=100`);

    expect(ids(page)).toEqual(all.filter((_, i) => fits(COUNT - 1 - i)));
  });

  it('holds the text of the codes only when asked, and none of what is paid', async () => {
    const [plain, expanded] = [await list('?limit=10'), await list('?limit=10&expand=qr')];

    expect(JSON.stringify(plain)).not.toContain('qr_data');
    expect(expanded.data.map(({ qr }: { qr: object | null }) => qr !== null && 'qr_data' in qr)).toEqual(
      Array.from({ length: 10 }, (_, i) => i !== 5),
    );
  });

  it('shows each as reading it alone does', async () => {
    const page = await list('?limit=100&expand=qr');

    for (const i of [0, 5, 59]) {
      expect((await t.request('GET', `${PATH}/${all[i]}?expand=qr`)).body).toEqual(page.data[i]);
    }
  });

  it('is each account’s and each mode’s own', async () => {
    expect(ids(await list('?limit=100', t.liveKey))).toEqual([live]);
    expect(ids(await list('?limit=100&order_reference=order-0', foreignKey))).toEqual([foreign]);
    expect(ids(await list('?limit=100'))).not.toEqual(expect.arrayContaining([live]));
    expect(ids(await list('?limit=100'))).not.toEqual(expect.arrayContaining([foreign]));
  });

  it('takes a cursor of somebody else as a place and shows nothing of theirs', async () => {
    const page = await list(`?limit=100&starting_after=${foreign}`);

    expect(ids(page)).toEqual(all.slice(COUNT - 1 - 30));
  });

  it('is the same for a host in the same process', async () => {
    const { intents, hasMore } = await t.pay.payments.listIntents({ limit: 10, startingAfter: all[3] });
    const filtered = await t.pay.payments.listIntents({ status: 'succeeded', orderReference: 'order-0' });

    expect([intents.map(({ id }) => id), hasMore]).toEqual([all.slice(4, 14), true]);
    expect(filtered.intents.map(({ id }) => id)).toEqual([all[5]]);
  });

  it.each([0, 101, 1.5, NaN])('refuses a host’s limit of %d', async (limit) => {
    await expect(t.pay.payments.listIntents({ limit })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' });
  });

  it('keeps its place when newer ones come while it is read', async () => {
    const first = await list('?limit=10');
    await t.request('POST', PATH, { body: { amount: { currency: 'THB', value: 100 } } });

    const second = await list(`?limit=10&starting_after=${first.next_cursor}`);

    expect([...ids(first), ...ids(second)]).toEqual(all.slice(0, 20));
  });
});
