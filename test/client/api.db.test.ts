import { ItPayApiError, ItPayConnectionError, responseOf, type ItPay } from '@itpay/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { served } from './server.js';

const amount = { currency: 'THB', value: 19_900 };

let house: Awaited<ReturnType<typeof served>>;
let client: ItPay;
beforeAll(async () => {
  house = await served();
  client = house.client();
});
beforeEach(() => {
  house.fate(() => 'pass');
  house.requests.length = 0;
});

const idsOf = async (list: AsyncIterable<{ id: string }>) => {
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  return ids;
};

it('creates a payment, waits until it is paid, and gives the money back', async () => {
  const intent = await client.paymentIntents.create({ amount, order_reference: 'order-1' });
  expect(intent).toMatchObject({ status: 'qr_generated', amount, qr: { qr_data: expect.stringMatching(/^0002/) } });
  expect(responseOf(intent)).toMatchObject({ status: 201, requestId: expect.stringMatching(/^req_/), replayed: false });

  const waiting = client.waitForPayment(intent.id);
  await client.testHelpers.simulate(intent.id, { event: 'paid' });
  const paid = await waiting;
  expect(paid).toMatchObject({ id: intent.id, status: 'succeeded', amount_captured: amount });

  const refund = await client.refunds.create({ payment_intent_id: intent.id, amount: { ...amount, value: 900 } });
  const completed = await client.refunds.complete(refund.id, { reason: 'Sent by hand', evidence: 'TX-1' });
  expect(completed.status).toBe('succeeded');
  expect(await client.paymentIntents.retrieve(intent.id)).toMatchObject({
    refund_status: 'partial',
    amount_refunded: { currency: 'THB', value: 900 },
  });
  expect(await idsOf(client.refunds.list({ payment_intent_id: intent.id }))).toEqual([refund.id]);
  const { data: steps } = await client.paymentIntents.timeline(intent.id);
  expect(steps.map(({ action }) => action)).toContain('capture');
});

it('reads all pages of a list, each object once, and the way back', async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n++) {
    made.push((await client.paymentIntents.create({ amount, order_reference: `list-${n}`, payer: undefined })).id);
  }
  house.requests.length = 0;

  const all = await idsOf(client.paymentIntents.list({ limit: 2 }));
  expect(all.slice(0, 5)).toEqual(made.toReversed());
  expect(new Set(all).size).toBe(all.length);
  expect(house.requests).toHaveLength(Math.ceil(all.length / 2));

  const upwards = await idsOf(client.paymentIntents.list({ limit: 2, ending_before: made[0]! }));
  expect(upwards).toEqual(made.slice(1));
});

it('shows a QR code as text and as an image, and makes a fresh one', async () => {
  const intent = await client.paymentIntents.create({ amount, order_reference: 'qr' });

  const fresh = await client.qr.generate(intent.id, { reason: 'manual' });
  const png = await client.qr.image(fresh.qr!.charge_id);
  const svg = await client.qr.image(fresh.qr!.charge_id, 'svg');

  expect(await client.qr.retrieve(fresh.qr!.charge_id)).toMatchObject({ payment_intent_id: intent.id });
  expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  expect(new TextDecoder().decode(svg)).toContain('<svg');
});

it('cancels, voids, and answers for money that was seen at the bank', async () => {
  const [one, two, three] = await Promise.all(
    ['c1', 'c2', 'c3'].map((order_reference) => client.paymentIntents.create({ amount, order_reference })),
  );

  expect((await client.paymentIntents.cancel(one!.id)).status).toBe('cancelled');
  const voided = await client.voids.create({ target_type: 'payment_intent', target_id: two!.id });
  expect(await client.voids.retrieve(voided.id)).toMatchObject({ status: 'voided', target_id: two!.id });
  const inflow = await client.inflows.create({
    channel: 'promptpay',
    channel_transaction_id: 'BANK-1',
    amount,
    paid_at: new Date().toISOString(),
    payment_intent_id: three!.id,
    reason: 'Seen on the statement',
    evidence: 'line 17',
  });
  expect(await client.inflows.retrieve(inflow.id)).toMatchObject({ status: 'applied' });
  expect((await client.waitForPayment(three!.id)).status).toBe('succeeded');
});

it('reads channels, events, the audit log, and manages endpoints and keys', async () => {
  expect(await idsOf(client.channels.list())).toEqual(['promptpay']);
  expect(await client.channels.health('promptpay')).toMatchObject({ healthy: true });
  expect((await client.operations.list().page()).data).toBeInstanceOf(Array);
  expect((await client.auditLog.list({ limit: 1 }).page()).data).toHaveLength(1);

  const endpoint = await client.webhookEndpoints.create({
    url: 'https://shop.example/hooks',
    enabled_events: ['payment_intent.*'],
  });
  const rotated = await client.webhookEndpoints.rotateSecret(endpoint.id);
  expect(rotated.secret).not.toBe(endpoint.secret);
  const changed = await client.webhookEndpoints.update(endpoint.id, {
    enabled_events: ['refund.*'],
    status: 'disabled',
  });
  expect(changed).toMatchObject({ enabled_events: ['refund.*'], status: 'disabled' });
  expect((await client.webhookEndpoints.reactivate(endpoint.id)).status).toBe('enabled');
  expect((await client.webhookEndpoints.attempts(endpoint.id).page()).data).toEqual([]);
  expect(await client.webhookEndpoints.delete(endpoint.id)).toBeUndefined();

  const key = await client.apiKeys.create({ label: 'reader', permissions: ['payments:read'] });
  const reader = house.client({ apiKey: key.secret! });
  await expect(reader.paymentIntents.create({ amount })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    status: 403,
  });
  expect(await client.apiKeys.delete(key.id)).toBeUndefined();

  const [event] = (await client.events.list({ type: 'payment_intent.created', limit: 1 }).page()).data;
  expect(await client.events.retrieve(event!.id)).toMatchObject({ id: event!.id, deliveries: expect.any(Array) });
});

it('sends and fetches files', async () => {
  const report = await client.reports.create({
    type: 'transactions',
    format: 'json',
    from: '2026-11-01',
    to: '2026-11-02',
  });
  await expect.poll(async () => (await client.reports.retrieve(report.id)).status, { timeout: 20_000 }).toBe('ready');

  const file = await client.reports.file(report.id);
  expect(() => JSON.parse(new TextDecoder().decode(file))).not.toThrow();
  expect(file.length).toBe((await client.reports.retrieve(report.id)).size);
  // It arrived, whole: the channel is what is wrong with it.
  await expect(client.statements.create('a;b\n1;2\n', { channel: 'nothing' })).rejects.toMatchObject({
    code: 'CHANNEL_NOT_SUPPORTED',
  });
});

it('signs its requests for a key that asks for it', async () => {
  const key = await client.apiKeys.create({
    label: 'signed',
    permissions: ['payments:read', 'payments:write'],
    require_signature: true,
  });
  const unsigned = house.client({ apiKey: key.secret! });
  const signing = house.client({ apiKey: key.secret!, signingSecret: key.signing_secret! });

  await expect(unsigned.paymentIntents.create({ amount })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  const intent = await signing.paymentIntents.create({ amount, description: 'ชา ☕', order_reference: 'signed' });
  const found = await idsOf(
    signing.paymentIntents.list({ order_reference: 'signed', created_gte: '2020-01-01T00:00:00Z' }),
  );
  expect(found).toEqual([intent.id]);

  house.writesMeet('cut_after');
  const repeated = await signing.paymentIntents.create({ amount, order_reference: 'signed-2' });
  expect(responseOf(repeated)).toMatchObject({ replayed: true });
});

it('throws what the API says, with its code and its request', async () => {
  const error = await client.paymentIntents.retrieve('pi_nothing').catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(ItPayApiError);
  expect(error).toMatchObject({
    code: 'PAYMENT_INTENT_NOT_FOUND',
    type: 'not_found',
    status: 404,
    retryable: false,
    requestId: expect.stringMatching(/^req_/),
    docUrl: expect.stringMatching(/\/errors\/PAYMENT_INTENT_NOT_FOUND$/),
  });
  await expect(client.paymentIntents.create({ amount: { currency: 'THB', value: 0.5 } })).rejects.toMatchObject({
    status: 400,
    type: 'validation',
  });
});

describe('a connection that breaks', () => {
  const countOf = async (order_reference: string) =>
    (await idsOf(client.paymentIntents.list({ order_reference }))).length;

  it.each([
    ['after the server did the work', ['cut_after'], 2],
    ['before the request arrives', ['cut_before'], 2],
    ['again and again', ['cut_before', 'cut_after', 'cut_after'], 4],
  ] as const)('%s leads to one payment', async (when, fates, attempts) => {
    house.writesMeet(...fates);

    const intent = await client.paymentIntents.create({ amount, order_reference: when });

    const keys = house.requests.filter(({ method }) => method === 'POST').map(({ key }) => key);
    expect(keys).toHaveLength(attempts);
    expect(new Set(keys).size).toBe(1);
    expect(intent.order_reference).toBe(when);
    expect(await countOf(when)).toBe(1);
  });

  it('too often is told, with the key to repeat it with', async () => {
    house.writesMeet('cut_after', 'cut_after', 'cut_after', 'cut_after');
    const create = (idempotencyKey?: string) =>
      client.paymentIntents.create({ amount, order_reference: 'too-often' }, { idempotencyKey });

    const error = await create().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ItPayConnectionError);
    const intent = await create((error as ItPayConnectionError).idempotencyKey);

    expect(responseOf(intent)).toMatchObject({ replayed: true });
    expect(await countOf('too-often')).toBe(1);
  });

  it('refunds once', async () => {
    const intent = await client.paymentIntents.create({ amount, order_reference: 'refund-once' });
    await client.testHelpers.simulate(intent.id, { event: 'paid' });
    await client.waitForPayment(intent.id);
    house.writesMeet('cut_after', 'cut_after');

    const refund = await client.refunds.create({ payment_intent_id: intent.id, amount: { ...amount, value: 100 } });

    expect(await idsOf(client.refunds.list({ payment_intent_id: intent.id }))).toEqual([refund.id]);
  });

  it('does not end the wait for a payment', async () => {
    const intent = await client.paymentIntents.create({ amount, order_reference: 'wait-through' });
    let cuts = 2;
    house.fate(({ url }) => (url!.includes('/wait') && cuts-- > 0 ? 'cut_before' : 'pass'));

    const waiting = client.waitForPayment(intent.id);
    await client.testHelpers.simulate(intent.id, { event: 'paid' });

    expect((await waiting).status).toBe('succeeded');
    expect(cuts).toBeLessThanOrEqual(0);
  });
});
