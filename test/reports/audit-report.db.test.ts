import { beforeAll, describe, expect, it } from 'vitest';
import { pathOf, shop, type Shop } from './shop.js';

const THB = (value: number) => ({ currency: 'THB', value });
const PATH = '/v1/reports';
const DAYS = { type: 'audit', from: '2026-05-04', to: '2026-05-04' };

let s: Shop;
let intentId: string;
beforeAll(async () => {
  s = await shop();
  s.clock.set(new Date('2026-05-03T23:59:59.999Z'));
  await s.must('POST', '/v1/payment-intents', { amount: THB(100) });
  s.clock.set(new Date('2026-05-04T00:00:00.000Z'));
  intentId = (await s.paid(THB(19_900))).id;
  s.clock.set(new Date('2026-05-05T00:00:00.000Z'));
});

const keyWith = async (...permissions: string[]) =>
  (await s.must('POST', '/v1/api-keys', { label: 'some', permissions })).secret as string;

describe('a report of the audit log', () => {
  it('tells who changed what on these days, as the log itself does', async () => {
    const { done, rows } = await s.report(DAYS);
    const json = await s.report({ ...DAYS, format: 'json' });
    const { data } = await s.must(
      'GET',
      `/v1/audit-log?created_gte=2026-05-04T00:00:00Z&created_lte=2026-05-04T12:00:00Z`,
    );

    expect(done.rows).toBe(data.length);
    expect(rows().map((row) => row.audit_entry_id)).toEqual(data.map(({ id }: { id: string }) => id).toReversed());
    expect(json.file.body.rows).toEqual(
      data
        .map((entry: any) => {
          const { id, object: _, livemode: __, actor, ...rest } = entry;
          return { audit_entry_id: id, actor: actor.id, actor_kind: actor.kind, ...rest };
        })
        .toReversed(),
    );
    expect(rows()).toContainEqual(
      expect.objectContaining({
        created_at: '2026-05-04T00:00:00.000Z',
        actor_kind: 'api_key',
        object_id: intentId,
        action: 'create',
        from_state: '',
      }),
    );
  });

  it('is of one account and mode', async () => {
    const { id } = await s.pay.accounts.create('Second Shop');
    const { token } = await s.pay.keys.create({ account: id, livemode: false, label: 'x', preset: 'operator' });

    const [foreign, live] = [await s.report(DAYS, token), await s.report(DAYS, s.liveKey)];

    expect([foreign.done.rows, live.done.rows]).toEqual([0, 0]);
  });

  it('has no channel', async () => {
    const { status, body } = await s.request('POST', PATH, { body: { ...DAYS, channel: 'promptpay' } });

    expect([status, body.error.param]).toEqual([400, 'channel']);
  });
});

describe('a key that may not read the audit log', () => {
  let key: string;
  let audit: string;
  let fees: string;
  beforeAll(async () => {
    key = await keyWith('reports:read', 'reports:write');
    audit = (await s.report(DAYS)).done.id;
    fees = (await s.report({ ...DAYS, type: 'fees' })).done.id;
  });

  it('asks for no report of it', async () => {
    const { status, body } = await s.request('POST', PATH, { body: DAYS, key });

    expect([status, body.error.code, body.error.details.required]).toEqual([403, 'PERMISSION_DENIED', 'audit:read']);
    expect((await s.request('POST', PATH, { body: { ...DAYS, type: 'fees' }, key })).status).toBe(202);
  });

  it('gets neither the file of one, nor a link to it', async () => {
    const file = await s.request('GET', `${PATH}/${audit}/file`, { key });
    const one = (await s.request('GET', `${PATH}/${audit}`, { key })).body;
    const { data } = (await s.request('GET', PATH, { key })).body;

    expect([file.status, one.status, one.download_url]).toEqual([403, 'ready', null]);
    const links = new Map(data.map((report: any) => [report.id, report.download_url]));
    expect([links.get(audit), typeof links.get(fees)]).toEqual([null, 'string']);
    expect((await s.request('GET', `${PATH}/${fees}/file`, { key })).status).toBe(200);
  });

  it('has the file through the link of who may', async () => {
    const { download_url: link } = (await s.request('GET', `${PATH}/${audit}`)).body;

    expect((await s.request('GET', pathOf(link), { key: null })).status).toBe(200);
  });
});

describe('a long audit log', () => {
  it('is told whole, each entry once, also those of the same moment', async () => {
    const t = await shop();
    t.clock.set(new Date('2026-05-05T12:00:00.000Z'));
    await t.pay.knex.raw(
      `insert into itpay.audit_entries (id, account, livemode, at, actor, actor_kind, action, object_id)
       select 'aud_copy' || lpad(n::text, 6, '0'), ?, false, timestamptz '2026-05-04 10:00Z' + (n / 3) * interval '1 microsecond',
              '=' || n, null, 'create', 'pi_' || n from generate_series(1, 2500) n`,
      [t.pay.account.id],
    );

    const { done, rows } = await t.report(DAYS);

    expect(done.rows).toBe(2_500);
    expect(rows().map(({ object_id: id }) => Number(id!.slice(3)))).toEqual(
      Array.from({ length: 2_500 }, (_, i) => i + 1),
    );
    expect(rows()[0]).toMatchObject({ actor: "'=1", actor_kind: 'system' });
  });
});
