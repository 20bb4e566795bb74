import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testPayWithRail } from '../support/fake-rail.js';
import { operatorKey } from './operator.js';

const amount = { currency: 'THB', value: 10_000 };

describe('the description of the API', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let operator: string;
  let document: any;
  beforeAll(async () => {
    t = await testPayWithRail({}, { paymentPolicy: { under: 'park' } });
    operator = await operatorKey(t);
    document = (await t.request('GET', '/v1/openapi.json', { key: null })).body;
  });

  it.each([
    ['post', '/v1/payment-intents/{id}/capture'],
    ['post', '/v1/payment-intents/{id}/cancel'],
    ['post', '/v1/payment-intents/{id}/qr'],
    ['get', '/v1/payment-intents/{id}/timeline'],
    ['post', '/v1/refunds'],
    ['get', '/v1/refunds'],
    ['get', '/v1/refunds/{id}'],
    ['post', '/v1/refunds/{id}/cancel'],
    ['post', '/v1/refunds/{id}/approve'],
    ['post', '/v1/refunds/{id}/reject'],
    ['post', '/v1/refunds/{id}/complete'],
    ['post', '/v1/voids'],
    ['get', '/v1/voids/{id}'],
    ['post', '/v1/inflows'],
    ['get', '/v1/inflows'],
    ['get', '/v1/inflows/{id}'],
    ['post', '/v1/inflows/{id}/apply'],
    ['post', '/v1/inflows/{id}/refund'],
    ['post', '/v1/inflows/{id}/keep'],
    ['get', '/v1/operations'],
    ['get', '/v1/operations/{id}'],
    ['post', '/v1/operations/{id}/query'],
    ['post', '/v1/operations/{id}/resolve'],
    ['get', '/v1/channels'],
    ['get', '/v1/channels/{channel}/health'],
    ['post', '/v1/channels/{channel}/callback/{token}'],
  ])('has %s %s, with its answers and refusals', (method, path) => {
    const described = document.paths[path]?.[method];

    expect(described).toMatchObject({ summary: expect.stringMatching(/\w/), tags: [expect.any(String)] });
    const statuses = Object.keys(described.responses);
    expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    expect(statuses.some((status) => status.startsWith('4'))).toBe(true);
  });

  /** What the description says of an answer, as a schema that knows the document's components. */
  function schemaOf(method: string, path: string, status: number): z.ZodType {
    const content = document.paths[path][method].responses[String(status)].content['application/json'];
    // OpenAPI keeps its schemas in another place than JSON Schema.
    const text = JSON.stringify({ ...content.schema, $defs: document.components.schemas });
    return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')));
  }

  async function expectDescribed(method: 'GET' | 'POST', path: string, url: string, body?: object) {
    const answer = await t.request(method, url, { key: operator, body });
    const schema = schemaOf(method.toLowerCase(), path, answer.status);

    expect(schema.safeParse(answer.body).error?.issues ?? []).toEqual([]);
    expect(schema.safeParse({ ...answer.body, object: 17 }).success).toBe(false);
    return answer.body;
  }

  it('describes what is really answered', async () => {
    const create = async (more: object) => (await t.create({ order_reference: JSON.stringify(more), ...more })).body;
    const pay = async (intent: { channel_reference: string }, value?: bigint) => {
      await t.rail.pay(intent.channel_reference, value === undefined ? {} : { amount: value });
      await t.deliver(({ reference }) => reference === intent.channel_reference);
    };
    const one = '/v1/payment-intents/{id}';
    const of = (path: string, id: string) => path.replace('{id}', id);

    const made = await expectDescribed('POST', '/v1/payment-intents', '/v1/payment-intents', {
      amount,
      channel: 'fake',
    });
    await expectDescribed('POST', `${one}/qr`, of(`${one}/qr`, made.id), {});
    await pay(made);
    await expectDescribed('GET', one, of(one, made.id));
    await expectDescribed('GET', `${one}/timeline`, of(`${one}/timeline`, made.id));
    await expectDescribed('GET', `${one}/wait`, of(`${one}/wait`, made.id));
    const refund = await expectDescribed('POST', '/v1/refunds', '/v1/refunds', {
      payment_intent_id: made.id,
      require_approval: true,
    });
    await expectDescribed('POST', '/v1/refunds/{id}/approve', `/v1/refunds/${refund.id}/approve`);
    await expectDescribed('GET', '/v1/refunds/{id}', `/v1/refunds/${refund.id}`);
    await expectDescribed('GET', '/v1/refunds', '/v1/refunds');

    const held = await create({ capture_method: 'manual' });
    await pay(held);
    await expectDescribed('POST', `${one}/capture`, of(`${one}/capture`, held.id), {});
    const [first, second] = [await create({ metadata: { n: '1' } }), await create({ metadata: { n: '2' } })];
    await expectDescribed('POST', `${one}/cancel`, of(`${one}/cancel`, first.id), {});
    const voided = await expectDescribed('POST', '/v1/voids', '/v1/voids', {
      target_type: 'payment_intent',
      target_id: second.id,
    });
    await expectDescribed('GET', '/v1/voids/{id}', `/v1/voids/${voided.id}`);

    const under = await create({ metadata: { n: '3' } });
    await pay(under, 10n);
    const [parked] = (await t.request('GET', '/v1/inflows?status=parked')).body.data;
    await expectDescribed('GET', '/v1/inflows/{id}', `/v1/inflows/${parked.id}`);
    await expectDescribed('GET', '/v1/inflows', '/v1/inflows');
    await expectDescribed('POST', '/v1/inflows/{id}/keep', `/v1/inflows/${parked.id}/keep`, { reason: 'x' });

    await t.rail.script({ operation: 'authorize', behaviour: 'reset_after' });
    const unknown = await expectDescribed('POST', '/v1/payment-intents', '/v1/payment-intents', {
      amount,
      channel: 'fake',
    });
    await expectDescribed('GET', '/v1/operations/{id}', `/v1/operations/${unknown.operation.id}`);
    await expectDescribed('GET', '/v1/operations', '/v1/operations');
    await expectDescribed('POST', '/v1/operations/{id}/query', `/v1/operations/${unknown.operation.id}/query`);
    await expectDescribed('GET', '/v1/channels', '/v1/channels');
    await expectDescribed('GET', '/v1/channels/{channel}/health', '/v1/channels/fake/health');
  });
});
