import { beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

const PATH = '/v1/audit-log';
const body = { amount: { currency: 'THB', value: 19_900 } };

let t: Awaited<ReturnType<typeof testPay>>;
let keys: { test: string; live: string; other: string; blind: string };
let intent: { id: string };
let createdBy: { requestId: string | null };

beforeAll(async () => {
  t = await testPay();
  const account = t.pay.account.id;
  const other = await t.pay.accounts.create('Another Shop');
  const key = async (input: { account: string; livemode: boolean; scopes: readonly string[] }) =>
    (await t.pay.keys.create({ label: 'audit', ...input })).token;
  const scopes = ['audit:read', 'payments:write', 'payments:read'];
  keys = {
    test: await key({ account, livemode: false, scopes }),
    live: await key({ account, livemode: true, scopes }),
    other: await key({ account: other.id, livemode: false, scopes }),
    blind: await key({ account, livemode: false, scopes: ['payments:read'] }),
  };
  const created = await t.request('POST', '/v1/payment-intents', { key: keys.test, body });
  intent = created.body;
  createdBy = { requestId: created.headers.get('itpay-request-id') };
  t.clock.advance(60_000);
  await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { key: keys.test, body: {} });
  await t.settle();
});

const list = async (query = '', key = keys.test) => (await t.request('GET', `${PATH}${query}`, { key })).body;

describe('the audit log', () => {
  it('says who changed what, by which request, newest first', async () => {
    const { data } = await list(`?object_id=${intent.id}`);

    expect(data.map(({ to_state }: { to_state: string }) => to_state)).toEqual([
      'cancelled',
      'qr_generated',
      'pending',
    ]);
    expect(data.at(-1)).toMatchObject({
      object: 'audit_entry',
      livemode: false,
      actor: { id: expect.stringMatching(/^key_/), kind: 'api_key' },
      action: 'create',
      object_id: intent.id,
      from_state: null,
      request_id: createdBy.requestId,
    });
  });

  it('shows neither another account nor the other mode', async () => {
    const { body: live } = await t.request('POST', '/v1/payment-intents', { key: keys.live, body });

    const ids = async (key: string) =>
      new Set((await list('?limit=100', key)).data.map(({ object_id }: { object_id: string }) => object_id));
    expect(await ids(keys.test)).toContain(intent.id);
    expect(await ids(keys.test)).not.toContain(live.id);
    expect(await ids(keys.live)).toContain(live.id);
    expect(await ids(keys.live)).not.toContain(intent.id);
    expect(await ids(keys.other)).not.toContain(intent.id);
    expect((await list(`?object_id=${intent.id}`, keys.other)).data).toEqual([]);
  });

  it('is filtered by action, actor and time', async () => {
    const all = (await list('?limit=100')).data;
    const [cancelled] = (await list(`?object_id=${intent.id}`)).data;

    const byActor = (await list(`?limit=100&actor=${cancelled.actor.id}`)).data;
    const since = (await list(`?created_gte=${cancelled.created_at}&object_id=${intent.id}`)).data;
    const until = (await list(`?created_lte=2020-01-01T00:00:00Z`)).data;
    const created = (await list('?limit=100&action=create')).data;

    expect(byActor.length).toBeLessThan(all.length);
    expect(new Set(byActor.map(({ actor }: any) => actor.id))).toEqual(new Set([cancelled.actor.id]));
    expect(since.map(({ id }: any) => id)).toEqual([cancelled.id]);
    expect(until).toEqual([]);
    expect(new Set(created.map(({ action }: any) => action))).toEqual(new Set(['create']));
  });

  it('goes on where a page ends, in both directions', async () => {
    const all = (await list('?limit=100')).data;

    const first = await list('?limit=2');
    const second = await list(`?limit=2&starting_after=${first.next_cursor}`);
    const back = await list(`?limit=2&ending_before=${second.data[0].id}`);

    expect([...first.data, ...second.data]).toEqual(all.slice(0, 4));
    expect(first.has_more).toBe(true);
    expect(back.data).toEqual(first.data);
  });

  it('needs the scope audit:read', async () => {
    expect((await t.request('GET', PATH, { key: keys.blind })).body.error).toMatchObject({
      code: 'PERMISSION_DENIED',
      details: { required: 'audit:read' },
    });
  });

  it.each([
    ['update', `update itpay.audit_entries set actor = 'nobody'`],
    ['delete', 'delete from itpay.audit_entries'],
    ['delete', 'delete from itpay.audit_entries where false'],
    ['truncate', 'truncate itpay.audit_entries'],
  ])('cannot be changed in the database: %s', async (verb, sql) => {
    const before = (await list('?limit=100')).data;

    await expect(t.pay.knex.raw(sql)).rejects.toThrow(`append-only: ${verb}`);

    expect((await list('?limit=100')).data).toEqual(before);
  });
});
