import { ItPayError } from '@itpay/core';
import { actorOf, Database, definePlugin, defineRoute, Idempotency, Routes, statement } from '@itpay/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isolationHouse, type House } from './house.js';
import { noFindings, tryRoute, type Findings } from './matrix.js';
import { describeRoute } from './slots.js';

// Whether the suite sees what it is there for: a plugin with every mistake that it must find.

const ALL = statement<object, { id: string }>('leaky_all', 'select id from {schema}.payment_intents limit 500');
const OWNER = statement<{ id: string }, { account: string; livemode: boolean }>(
  'leaky_owner',
  'select account, livemode from {schema}.payment_intents where id = :id',
);
const TOUCH = statement<{ id: string }, { id: string }>(
  'leaky_touch',
  'update {schema}.payment_intents set version = version + 1 where id = :id returning id',
);
const params = z.object({ id: z.string() });
const shared = { summary: 'x', tag: 'x', answers: { 200: { description: 'x' } }, errors: [] } as const;
const absent = (id: string) => new ItPayError('PAYMENT_INTENT_NOT_FOUND', { param: 'id', details: { id } });

const leaky = definePlugin({
  name: 'leaky',
  version: '1.0.0',
  register: (registry) => {
    registry.contribute(Routes, [Database, Idempotency.token], (database, idempotency) => [
      defineRoute({
        ...shared,
        method: 'GET',
        path: '/v1/leaky/lists-all',
        access: 'payments:read',
        query: z.strictObject({ limit: z.string().optional() }),
        run: async () => ({ status: 200, body: { object: 'list', data: await database.query(ALL, {}) } }),
      }),
      defineRoute({
        ...shared,
        method: 'GET',
        path: '/v1/leaky/forbids/payment-intents/{id}',
        access: 'payments:read',
        params,
        async run(request) {
          const { account, livemode } = actorOf(request);
          const [owner] = await database.query(OWNER, request.params);
          if (owner === undefined) throw absent(request.params.id);
          if (owner.account !== account || owner.livemode !== livemode) throw new ItPayError('PERMISSION_DENIED');
          return { status: 200, body: {} };
        },
      }),
      defineRoute({
        ...shared,
        method: 'POST',
        path: '/v1/leaky/writes-first/payment-intents/{id}',
        access: 'payments:write',
        params,
        async run(request) {
          const { account, livemode } = actorOf(request);
          const { id } = request.params;
          const [owner] = await database.query(OWNER, { id });
          await database.query(TOUCH, { id });
          if (owner?.account !== account || owner.livemode !== livemode) throw absent(id);
          return { status: 200, body: {} };
        },
      }),
      defineRoute({
        ...shared,
        method: 'POST',
        path: '/v1/leaky/shares-keys',
        access: 'payments:write',
        async run({ idempotencyKey }) {
          const key = { ...idempotencyKey!, scopeHash: Buffer.alloc(32) };
          return database.transaction((tx) => idempotency.once(tx, key, async () => ({ status: 200, body: '{}' })));
        },
      }),
      defineRoute({
        ...shared,
        method: 'GET',
        path: '/v1/leaky/refuses-everybody/payment-intents/{id}',
        access: 'payments:read',
        params,
        run: ({ params: { id } }) => Promise.reject(absent(id)),
      }),
      defineRoute({
        ...shared,
        method: 'POST',
        path: '/v1/leaky/gadgets/{id}/parts/{part}',
        access: 'payments:write',
        params: z.object({ id: z.string(), part: z.string() }),
        body: z.strictObject({ gizmo_id: z.string() }),
        run: async () => ({ status: 200, body: {} }),
      }),
    ]);
  },
});

describe('The suite', () => {
  let house: House;
  beforeAll(async () => {
    house = await isolationHouse([leaky]);
  });
  const leakyRoute = (part: string) => describeRoute(house.routes.find(({ path }) => path.includes(part))!);

  it.each<[string, string, readonly (keyof Findings)[], string]>([
    ['a list of everybody', 'lists-all', ['shown'], 'the answer names pi_'],
    ['a 403 where there is nothing to know', 'forbids', ['betrayed'], 'PERMISSION_DENIED'],
    ['a write before the check', 'writes-first', ['changed'], 'wrote to payment_intents'],
    ['keys that meet', 'shares-keys', ['met'], 'with a key that First Shop, test used'],
    ['a route that nobody gets into', 'refuses-everybody', ['vacuous'], 'PAYMENT_INTENT_NOT_FOUND'],
  ])('sees %s', async (_, part, kinds, sentence) => {
    const findings = noFindings();

    await tryRoute(house, house.tenants[0]!, leakyRoute(part), findings);

    const found = Object.entries(findings).filter(([, sentences]) => sentences.length > 0);
    expect(found.map(([kind]) => kind)).toEqual(kinds);
    expect(found[0]![1].join('\n')).toContain(sentence);
  });

  it('says what to add for a route with objects that it does not know', () => {
    const { missing } = leakyRoute('gadgets');

    expect(missing).toHaveLength(3);
    expect(missing[0]).toContain('{id} could name. Add to OBJECTS in test/isolation/objects.ts how one of "gadgets"');
    expect(missing[1]).toContain('{part}');
    expect(missing[2]).toContain('the body has "gizmo_id"');
  });
});
