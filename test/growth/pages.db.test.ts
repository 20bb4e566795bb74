import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

let t: Awaited<ReturnType<typeof testPay>>;
let made = 0;

async function post(path: string, body: object): Promise<{ id: string }> {
  const answer = await t.request('POST', path, { body });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.text}`);
  return answer.body;
}
const amount = { currency: 'THB', value: 100 };
const create = () => post('/v1/payment-intents', { amount, order_reference: `order-${made++}` });
const pay = async () => {
  const { id } = await create();
  await post(`/v1/test-helpers/payment-intents/${id}/simulate`, { event: 'paid' });
  return id;
};
const refund = async () => post('/v1/refunds', { payment_intent_id: await pay(), amount, reason: 'customer_request' });
const endpoint = () => post('/v1/webhook-endpoints', { url: `https://shop.example/${made++}`, enabled_events: ['*'] });
const key = () =>
  t.pay.keys.create({ account: t.pay.account.id, livemode: false, label: `${made++}`, scopes: ['keys:read'] });
let reader: string;

beforeAll(async () => {
  t = await testPay();
  ({ token: reader } = await key());
});

describe('a list that grows while it is read', () => {
  it.each([
    ['/v1/payment-intents', create],
    ['/v1/operations', create],
    ['/v1/audit-log', create],
    ['/v1/events', create],
    ['/v1/inflows', pay],
    ['/v1/refunds', refund],
    ['/v1/webhook-endpoints', endpoint],
    ['/v1/api-keys', key],
  ] as const)('%s has each of its objects once', async (path, add) => {
    const options = path === '/v1/api-keys' ? { key: reader } : {};
    for (let n = 0; n < 5; n++) await add();
    const all = (await t.request('GET', `${path}?limit=100`, options)).body.data.map(({ id }: { id: string }) => id);

    const read: string[] = [];
    for (let cursor: string | null = '', pages = 0; cursor !== null; pages++) {
      const after: string = cursor === '' ? '' : `&starting_after=${cursor}`;
      const { body } = await t.request('GET', `${path}?limit=3${after}`, options);
      read.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
      if (pages < 2) await add();
    }

    expect(all.length).toBeGreaterThanOrEqual(5);
    expect(read.slice(0, all.length)).toEqual(all);
    expect(new Set(read).size).toBe(read.length);
  });
});

it('has no list without a bound', async () => {
  const { paths, components } = (await t.request('GET', '/v1/openapi.json')).body;
  const schemaOf = (part: any): any =>
    part?.$ref
      ? part.$ref
          .split('/')
          .slice(2)
          .reduce((all: any, name: string) => all[name], components)
      : part;
  const lists = Object.entries<any>(paths).flatMap(([path, { get }]) => {
    const schema = schemaOf(get?.responses['200']?.content?.['application/json']?.schema);
    return schema?.properties?.object?.const === 'list' ? [{ path, parameters: get.parameters ?? [] }] : [];
  });
  const unbounded = lists.filter(({ parameters }) => {
    const limit = parameters.map(schemaOf).find(({ name }: { name: string }) => name === 'limit');
    return !(limit?.schema?.maximum <= 100);
  });

  expect(lists.length).toBeGreaterThan(12);
  expect(unbounded.map(({ path }) => path).toSorted()).toEqual([
    '/v1/channels', // those that are configured
    '/v1/payment-intents/{id}/timeline', // cut at 500, and says so
    '/v1/versions', // those of this release
  ]);
});
