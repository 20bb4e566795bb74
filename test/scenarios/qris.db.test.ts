import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { qris } from '@itpay/channel-qris';
import { startSnapSimulator, type SnapProfile } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';
import { operatorKey } from './operator.js';

const NOTIFY_PATH = { doku: '/v1.0/qr/qr-mpm-notify', dana: '/v1.0/debit/notify' } as const;
const PUBLIC_URL = 'https://shop.example/itpay';
const AMOUNT = { value: 2_500_000, currency: 'IDR' };

// A published example of a printed code.
const PRINTED =
  '00020101021126650013ID.CO.BCA.WWW011893600014000128766702150008850012876670303UKE51440014ID.CO.QRIS.WWW0215ID10210818616060303UKE5204074253033605802ID5909GREEN PAW6007TANGSEL61051532362070703A0163046D3F';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

/** A shop with QRIS, the acquirer, and the way between them. */
async function shopWith(profile: SnapProfile & keyof typeof NOTIFY_PATH) {
  const clock: { now: () => Date } = { now: () => new Date() };
  const now = () => clock.now();
  const simulator = await startSnapSimulator({ profile, now });
  const { url: baseUrl, credentials, control } = simulator;
  const t = await testPay({ plugins: [qris({ test: { ...credentials, baseUrl }, now })], publicUrl: PUBLIC_URL });
  clock.now = () => t.clock.now();

  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url!, PUBLIC_URL);
    asked.push(pathname);
    const answer = await t.pay.fetch(
      new Request(`https://shop.example${request.url}`, {
        method: request.method,
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks),
      }),
    );
    const headers = { ...Object.fromEntries(answer.headers), connection: 'close' };
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  simulator.registerNotifyUrl(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/itpay${NOTIFY_PATH[profile]}`,
  );
  closing.push(
    () => simulator.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );

  const order = async () => {
    const { status, body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: AMOUNT, channel: 'qris' },
    });
    expect({ status, code: body.error?.code }).toEqual({ status: 201, code: undefined });
    return body;
  };
  const intent = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body;
  const booked = async (reference: string) =>
    (await control.books()).orders.find((one: any) => one.partnerReferenceNo === reference);
  return { t, control, order, intent, booked, asked };
}

describe.each(['doku', 'dana'] as const)('a payment by QRIS over %s', (profile) => {
  let shop: Awaited<ReturnType<typeof shopWith>>;
  beforeAll(async () => {
    shop = await shopWith(profile);
  });

  it('succeeds once, however often the acquirer tells', async () => {
    const { t, control, order, intent, asked } = shop;
    const { id, channel_reference: reference } = await order();
    await control.act({ action: 'pay', reference });

    const deliveries = await control.deliverCallbacks({ reference, copies: 3, concurrent: true });
    const [again] = [...(await control.deliverCallbacks({ reference })), { status: 200 }];
    await t.settle();

    for (const { status } of deliveries) expect([200, 500]).toContain(status); // 500: come again, another one is at it
    expect(deliveries.some(({ status }) => status === 200)).toBe(true);
    expect(again).toMatchObject({ status: 200 });
    expect(await intent(id)).toMatchObject({ status: 'succeeded', amount_captured: AMOUNT });
    const inflows = (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data;
    expect(inflows).toMatchObject([{ amount: AMOUNT, kind: 'exact' }]);
    expect(asked.includes('/itpay/v1.0/access-token/b2b')).toBe(profile === 'doku');
  });

  it('is noticed without any notification', async () => {
    const { t, control, order, intent } = shop;
    const { id, channel_reference: reference } = await order();
    await control.act({ action: 'pay', reference });

    t.clock.advance('1m');
    await t.settle();

    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is not believed of a stranger', async () => {
    const { t, control, order, intent } = shop;
    const { id, channel_reference: reference } = await order();
    await control.act({ action: 'pay', reference });
    const callback = (await control.callbacks()).find((one) => one.reference === reference);

    const { headers, body } = await control.rewriteCallback(callback!, { byStranger: true });
    const answer = await t.request('POST', NOTIFY_PATH[profile], { key: null, idempotencyKey: null, headers, body });

    expect(answer).toMatchObject({ status: 401, body: { responseMessage: 'Unauthorized. Invalid Signature' } });
    expect(await intent(id)).not.toMatchObject({ status: 'succeeded' });
  });

  it('is given back', async () => {
    const { t, control, order, booked } = shop;
    const { id, channel_reference: reference } = await order();
    await control.act({ action: 'pay', reference });
    await control.deliverCallbacks();

    const { status, body } = await t.request('POST', '/v1/refunds', { body: { payment_intent_id: id } });

    expect({ status, state: body.status }).toEqual({ status: 201, state: 'succeeded' });
    expect(await booked(reference)).toMatchObject({ status: '04', refunds: [{ rupiah: '25000' }] });
  });

  it('is closed at the acquirer when its time is over', async () => {
    const { t, order, intent, booked } = shop;
    const { id, channel_reference: reference } = await order();

    t.clock.advance('16m');
    await t.settle();

    expect(await intent(id)).toMatchObject({ status: 'expired' });
    expect(await booked(reference)).toMatchObject({ status: '05' });
  });
});

it('the token endpoint gives nothing to whoever asks', async () => {
  const { t } = await shopWith('doku');

  const answer = await t.request('POST', '/v1.0/access-token/b2b', {
    key: null,
    idempotencyKey: null,
    body: { grantType: 'client_credentials' },
  });

  expect(answer).toMatchObject({ status: 401, body: { responseCode: '4017300' } });
  expect(answer.text).not.toContain('accessToken');
});

it('a payment by a printed code succeeds when an operator finds it in the report of the acquirer', async () => {
  const t = await testPay({ plugins: [qris({ static: PRINTED })] });
  const { status, body } = await t.request('POST', '/v1/payment-intents', {
    body: { amount: AMOUNT, channel: 'qris' },
  });
  expect(status).toBe(201);
  const tooFine = { amount: { value: 1250, currency: 'IDR' }, channel: 'qris' };
  expect(await t.request('POST', '/v1/payment-intents', { body: tooFine })).toMatchObject({
    status: 422,
    body: { error: { code: 'AMOUNT_PRECISION_UNSUPPORTED' } },
  });

  const recorded = await t.request('POST', '/v1/inflows', {
    key: await operatorKey(t),
    body: {
      channel: 'qris',
      channel_transaction_id: '000012345678',
      amount: AMOUNT,
      paid_at: '2025-01-01T07:01:00+07:00',
      payment_intent_id: body.id,
      reason: 'seen in the report',
      evidence: 'report of 2025-01-01, line 3',
    },
  });

  expect(recorded).toMatchObject({ status: 201, body: { kind: 'exact' } });
  const { body: after } = await t.request('GET', `/v1/payment-intents/${body.id}`);
  expect(after).toMatchObject({ status: 'succeeded', amount_captured: AMOUNT });
});
