import type { Principal } from '@itpay/kernel';
import { beforeAll, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { testPay } from '../support/pay.js';

const PATH = '/v1/payment-intents';
const OLD = '2026-09-01';
const NEW = '2026-11-22';
const amount = { currency: 'THB', value: 19_900 };
const zero = { currency: 'THB', value: 0 };

let t: Awaited<ReturnType<typeof testPay>>;
beforeAll(async () => {
  t = await testPay();
});

const as = (version: string) => ({ 'itpay-version': version });

it('gives one intent in both shapes', async () => {
  const { body: created } = await t.request('POST', PATH, { body: { amount } });

  const older = await t.request('GET', `${PATH}/${created.id}`, { headers: as(OLD) });
  const newer = await t.request('GET', `${PATH}/${created.id}`, { headers: as(NEW) });
  const list = await t.request('GET', PATH, { headers: as(OLD) });

  expect(older.headers.get('itpay-version')).toBe(OLD);
  expect(older.body).toEqual({ ...newer.body, amount_captured: 0, amount_refunded: 0 });
  expect(newer.headers.get('itpay-version')).toBe(NEW);
  expect(newer.body).toMatchObject({ amount, amount_captured: zero, amount_refunded: zero });
  expect(list.body.data.find(({ id }: { id: string }) => id === created.id)).toMatchObject({ amount_captured: 0 });
});

it('repeats a request in the version that the repetition names', async () => {
  const request = { idempotencyKey: 'over-versions', body: { amount, confirm_duplicate: true } };

  const first = await t.request('POST', PATH, { ...request, headers: as(OLD) });
  const again = await t.request('POST', PATH, { ...request, headers: as(NEW) });

  expect([first.status, first.body.amount_captured]).toEqual([201, 0]);
  expect([again.status, again.body.amount_captured]).toEqual([201, zero]);
  expect(again.body.id).toBe(first.body.id);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

it('refuses a version that there is not, and changes nothing', async () => {
  const before = (await t.request('GET', PATH)).body.data.length;

  const refused = await t.request('POST', PATH, { body: { amount }, headers: as('2027-01-01') });

  expect(refused.status).toBe(400);
  expect(refused.body.error).toMatchObject({
    code: 'API_VERSION_UNSUPPORTED',
    details: { supported: [NEW, OLD] },
  });
  expect((await t.request('GET', PATH)).body.data).toHaveLength(before);
});

it('answers in the version that the caller is pinned to, unless the request names another', async () => {
  const pinned = await testPay({
    authenticate: ({ headers }): Principal => ({
      id: 'session_1',
      kind: 'host_session',
      account: headers['x-account']!,
      livemode: false,
      scopes: ['payments:read', 'payments:write'],
      ...(headers['x-pinned'] !== undefined && { apiVersion: headers['x-pinned'] }),
    }),
  });
  const caller = (version?: string) => ({
    'x-account': pinned.pay.account.id,
    ...(version !== undefined && { 'x-pinned': version }),
  });
  const { body: created } = await pinned.request('POST', PATH, { body: { amount }, headers: caller(OLD) });

  const free = await pinned.request('GET', `${PATH}/${created.id}`, { headers: caller() });
  const named = await pinned.request('GET', `${PATH}/${created.id}`, { headers: { ...caller(OLD), ...as(NEW) } });

  expect(created.amount_captured).toBe(0);
  expect(free.body.amount_captured).toEqual(zero);
  expect(named.body.amount_captured).toEqual(zero);
});

it('lists the versions with what they changed', async () => {
  const { status, body } = await t.request('GET', '/v1/versions', { key: null });

  expect(status).toBe(200);
  expect(body.data).toMatchObject([
    {
      version: NEW,
      newest: true,
      changes: [{ object: 'payment_intent', description: expect.stringContaining('amount_captured') }],
    },
    { version: OLD, newest: false, changes: [] },
  ]);
});

it('repeats a refusal in the version that the repetition names, and says that it is a repetition', async () => {
  const rail = await testPayWithRail();
  await rail.rail.script({ operation: 'authorize', behaviour: 'decline' });
  const request = { idempotencyKey: 'declined', body: { amount, channel: 'fake' } };

  const first = await rail.request('POST', PATH, { ...request, headers: as(OLD) });
  const again = await rail.request('POST', PATH, { ...request, headers: as(NEW) });

  expect([first.status, first.body.error.code]).toEqual([402, 'PAYMENT_DECLINED']);
  expect(first.body.error.details.object.amount_captured).toBe(0);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect([again.status, again.body.error.code]).toEqual([402, 'PAYMENT_DECLINED']);
  expect(again.body.error.details.object.amount_captured).toEqual(zero);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});
