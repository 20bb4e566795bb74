import { isItPayError, type EventEnvelope } from '@itpay/core';
import { uuidV7Ids } from '@itpay/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { contents } from '../scenarios/tables.js';
import { belongings } from './belongings.js';
import { isolationHouse, type House, type Tenant } from './house.js';
import { newEndpoint, OBJECTS, openIntent, seenMoney } from './objects.js';

// What the table of routes does not know: calls in the host's process, pages for payers, events, and numbers of the rail.

const ids = uuidV7Ids();

let house: House;
let owner: Tenant;
let strangers: readonly Tenant[];
beforeAll(async () => {
  house = await isolationHouse();
  [owner, ...strangers] = house.tenants as [Tenant, ...Tenant[]];
});

const inProcess = ({ account, livemode }: Tenant) => house.pay.as({ account, livemode });
const amount = { currency: 'THB', value: 10_000n };

describe('Calls in the host’s process, for another account or mode', () => {
  const byId: Record<string, (who: Tenant, id: string) => Promise<unknown>> = {
    getIntent: (who, id) => inProcess(who).payments.getIntent(id),
    present: (who, id) => inProcess(who).payments.present(id),
    captureIntent: (who, id) => inProcess(who).payments.captureIntent(id, { idempotencyKey: 'shared' }),
    cancelIntent: (who, id) => inProcess(who).payments.cancelIntent(id, { idempotencyKey: 'shared' }),
    refundIntent: (who, id) => inProcess(who).payments.refundIntent(id, { idempotencyKey: 'shared' }),
    listRefunds: (who, id) => inProcess(who).payments.listRefunds(id),
  };
  /** What the owner of an open payment gets, where it is not that payment. */
  const own: Record<string, unknown> = {
    captureIntent: 'INVALID_STATE_TRANSITION',
    refundIntent: 'PAYMENT_NOT_SUCCEEDED',
    listRefunds: [],
  };

  it('are all tried here', () => {
    // These name nothing of anybody; test/statements tries the other accounts.
    const others = ['createIntent', 'importStatement', 'listIntents', 'prepare'];

    expect(Object.keys(inProcess(owner).payments).toSorted()).toEqual([...Object.keys(byId), ...others].toSorted());
  });

  it.each(Object.keys(byId))('%s finds nothing, as if it had never been, and changes nothing', async (method) => {
    const { id } = await openIntent(house, owner);
    const before = await contents(house.pay.knex);
    const nobody = ids.next('pi');

    for (const stranger of strangers) {
      const refused = await refusal(byId[method]!(stranger, id));
      expect(refused).toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND', status: 404 });
      const asNobody = await refusal(byId[method]!(stranger, nobody));
      expect(JSON.stringify(refused).replaceAll(id, 'x')).toBe(JSON.stringify(asNobody).replaceAll(nobody, 'x'));
    }

    expect(await contents(house.pay.knex)).toEqual(before);
    // Its owner gets in: what this is about exists, though it cannot be captured or refunded yet.
    const got = await byId[method]!(owner, id).catch((error: unknown) => error);
    const told = isItPayError(got) ? got.code : Array.isArray(got) ? got : (got as { id: string }).id;
    expect(told).toEqual(own[method] ?? id);
  });

  it('list nothing of others, wherever a page begins', async () => {
    await openIntent(house, owner);
    await Promise.all(strangers.map((stranger) => openIntent(house, stranger)));
    const { id } = await openIntent(house, owner);
    const whose = await belongings(house.pay.knex);

    for (const stranger of strangers) {
      const { payments } = inProcess(stranger);
      for (const page of [{ limit: 100 }, { startingAfter: id }, { endingBefore: id }]) {
        const found = (await payments.listIntents(page)).intents.map((intent) => intent.id);
        expect(whose.foreignIn(found.join(' '), stranger)).toEqual([]);
      }
      expect((await payments.listIntents({ limit: 100 })).intents.length).toBeGreaterThan(0);
    }
    expect((await inProcess(owner).payments.listIntents({ limit: 100 })).intents[0]!.id).toBe(id);
  });

  it('share no idempotency key and no order number', async () => {
    const input = { amount, channel: 'fake', orderReference: 'one for all' };

    const made = await Promise.all(
      house.tenants.map((who) => inProcess(who).payments.createIntent(input, { idempotencyKey: 'one for all' })),
    );

    expect(new Set(made.map(({ id }) => id)).size).toBe(house.tenants.length);
    expect(made.map(({ account, livemode }) => [account, livemode])).toEqual(
      house.tenants.map(({ account, livemode }) => [account, livemode]),
    );
  });

  it('of routes find nothing either', async () => {
    const { id } = await openIntent(house, owner);
    const path = `/v1/payment-intents/${id}`;

    const answers = await Promise.all(
      house.tenants.map(async (who) => (await inProcess(who).call({ method: 'GET', path })).status),
    );

    expect(answers).toEqual([200, 404, 404, 404]);
  });
});

describe('A payer', () => {
  const tokenOf = ({ pay_url }: { pay_url: string }) => new URL(pay_url).searchParams.get('t')!;
  const cookieOf = (intent: { pay_url: string }) => `itpay_${tokenOf(intent).replace('.', '=')}`;

  it('reaches each route for payers with the token, or the cookie, of the own intent', async () => {
    const routes = house.routes.filter(({ displayToken }) => displayToken === true);
    expect(routes.length).toBeGreaterThan(4);

    for (const { method, path, body } of routes) {
      const intent = await openIntent(house, owner);
      const id = path.includes('/qr-charges/') ? intent.qr.charge_id : intent.id;
      const headers = { cookie: cookieOf(intent), 'sec-fetch-site': 'same-origin' };
      const query: Record<string, string> = path.endsWith('/wait') ? { timeout: '0' } : {};
      const ask = (t: string) =>
        house.send(method, path.replace('{id}', id), {
          query: { ...query, t },
          headers,
          ...(body !== undefined && { body: {} }),
        });

      expect([path, (await ask(tokenOf(intent))).status, (await ask(intent.id)).status]).toEqual([path, 200, 200]);
    }
  });

  it('opens no pay page but the own one, and cannot tell whether there is another', async () => {
    const [intent, other] = [await openIntent(house, owner), await openIntent(house, owner)];
    const nobody = ids.next('pi');
    const before = await contents(house.pay.knex);
    const open = (id: string, query: Record<string, string>, headers: Record<string, string> = {}, key?: string) =>
      house.send('GET', `/pay/${id}`, { query, headers, key: key ?? null });
    const tries: ((id: string) => ReturnType<typeof open>)[] = [
      (id) => open(id, {}),
      (id) => open(id, {}, {}, strangers[1]!.key),
      (id) => open(id, { t: tokenOf(other) }),
      (id) => open(id, { t: id }, { cookie: cookieOf(other) }),
      (id) => open(id, { t: other.id }, { cookie: cookieOf(other) }),
      (id) => open(id, {}, { cookie: cookieOf(other) }),
    ];

    for (const ask of tries) {
      const [one, two] = [await ask(intent.id), await ask(nobody)];
      expect(one.status).toBe(404);
      expect(plain(one, intent.id)).toBe(plain(two, nobody));
    }
    expect(await contents(house.pay.knex)).toEqual(before);
    expect((await open(intent.id, { t: tokenOf(intent) })).status).toBe(303);
  });
});

describe('Events', () => {
  it('reach a subscriber in the host’s process from all accounts and modes, each with its name on it', async () => {
    const heard: EventEnvelope[] = [];
    await house.settle();
    house.pay.on('payment_intent.created', (event) => void heard.push(event), { name: 'hears-all' });
    await house.settle();

    for (const tenant of house.tenants) await openIntent(house, tenant);
    await house.settle();

    expect(heard.map(({ account, livemode }) => [account, livemode])).toEqual(
      house.tenants.map(({ account, livemode }) => [account, livemode]),
    );
  });

  it('reach a webhook endpoint from its own account and mode only', async () => {
    const urls = new Map<string, Tenant>();
    for (const tenant of house.tenants) {
      const endpoint = newEndpoint(house, ['*']);
      urls.set(new URL(endpoint.url).pathname, tenant);
      await house.must(tenant, 'POST', '/v1/webhook-endpoints', { body: endpoint });
    }
    await house.settle();
    house.shop.received.length = 0;

    for (const tenant of house.tenants) await OBJECTS['refunds']!(house, tenant);
    await house.settle();

    const came = house.shop.received.map(({ path, event }) => ({ to: urls.get(path)!.name, from: nameOf(event) }));
    expect(new Set(came.map(({ to }) => to)).size).toBe(house.tenants.length);
    expect(came.filter(({ to, from }) => to !== from)).toEqual([]);
  });

  const nameOf = ({ account, livemode }: EventEnvelope<any>) =>
    house.tenants.find((one) => one.account === account && one.livemode === livemode)!.name;
});

it('A transaction of a rail that accounts share is booked once, and the second one learns nothing of the first', async () => {
  const body = seenMoney();
  const record = (who: Tenant) => house.send('POST', '/v1/inflows', { key: who.key, body });
  const sameMode = strangers.find(({ livemode }) => livemode === owner.livemode)!;
  const otherMode = strangers.find(({ livemode }) => livemode !== owner.livemode)!;
  const first = await record(owner);
  const before = await contents(house.pay.knex);

  const second = await record(sameMode);

  expect([first.status, second.status, second.body.error.code]).toEqual([201, 409, 'RESOURCE_ALREADY_EXISTS']);
  expect(second.text).not.toContain(first.body.id);
  expect(second.text).not.toContain(owner.account);
  expect(await contents(house.pay.knex)).toEqual(before);
  expect((await record(otherMode)).status).toBe(201);
});

async function refusal(call: Promise<unknown>): Promise<object> {
  const error = await call.then(
    () => 'not refused',
    (thrown: unknown) => thrown,
  );
  if (!isItPayError(error)) throw new Error(`Refused with something else: ${String(error)}`);
  const { code, status, message, param, details } = error;
  return { code, status, message, param, details };
}

const plain = ({ status, headers, text }: { status: number; headers: Headers; text: string }, id: string) =>
  JSON.stringify([status, Object.fromEntries(headers), text])
    .replaceAll(id, 'x')
    .replaceAll(id.slice(3), 'x')
    .replace(/req_[0-9a-z]{26}/g, 'request');
