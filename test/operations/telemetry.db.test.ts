import { expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { startSdk } from './telemetry-sdk.js';

const { spans, points } = startSdk();
const named = (name: string) => spans().filter((span) => span.name === name);

it('continues the trace of the caller, and the call to the channel hangs on the request', async () => {
  const t = await testPayWithRail();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  const answer = await t.request('POST', '/v1/payment-intents', {
    body: { amount: { currency: 'THB', value: 10_000 }, channel: 'fake' },
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });

  expect(answer.status).toBe(201);
  const [request] = named('POST /v1/payment-intents');
  const [call] = named('authorize fake');
  expect(request!.spanContext().traceId).toBe(traceId);
  expect(request!.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v1/payment-intents',
    'http.response.status_code': 201,
    'itpay.request.id': answer.headers.get('itpay-request-id'),
  });
  expect(call!.parentSpanContext!.spanId).toBe(request!.spanContext().spanId);
  expect(call!.attributes).toMatchObject({ 'itpay.channel.id': 'fake', 'itpay.channel.mode': 'test' });
});

it('tells a failed call by its category, and a log line the trace and the request', async () => {
  const t = await testPayWithRail({ id: 'away', url: 'http://127.0.0.1:1' });

  const answer = await t.create({ channel: 'away' });

  const [call] = named('authorize away');
  expect(call!.attributes['error.type']).toBe('network');
  expect(await points('itpay.channel.call.duration')).toContainEqual(
    expect.objectContaining({
      attributes: expect.objectContaining({ 'itpay.channel.id': 'away', 'error.type': 'network' }),
    }),
  );
  const line = t.logger.lines.find(({ message }) => message === 'A channel call did not succeed.');
  expect(line!.fields).toMatchObject({
    trace_id: call!.spanContext().traceId,
    span_id: expect.any(String),
    requestId: answer.headers.get('itpay-request-id'),
  });
});

it('measures requests by route and status, with no series for what nobody serves', async () => {
  const t = await testPayWithRail();

  await t.request('GET', '/v1/payment-intents/pi_nobody');
  await t.request('GET', '/v1/made-up/by-somebody');

  const requests = (await points('http.server.request.duration')).map(({ attributes }) => attributes);
  expect(requests).toContainEqual({
    'http.request.method': 'GET',
    'http.route': '/v1/payment-intents/{id}',
    'http.response.status_code': 404,
  });
  expect(JSON.stringify(requests)).not.toContain('made-up');
});

it('measures from the scan to the payment, and how late the news came', async () => {
  const t = await testPayWithRail();
  const { body } = await t.create();
  const { qr_data: code } = body.qr;

  await t.rail.scan(code);
  await t.deliver();
  t.clock.advance('40s');
  await t.rail.pay(code, { paidAt: new Date(t.clock.now().getTime() - 10_000) });
  await t.deliver();

  expect(await t.intent(body.id)).toMatchObject({ status: 'succeeded' });
  const [scan] = await points('itpay.payment.scan_to_pay.duration');
  const [lag] = await points('itpay.channel.callback.lag');
  expect([scan!.value.sum, lag!.value.sum]).toEqual([40, 10]);
});

it('spans jobs and sweeps', async () => {
  const t = await testPayWithRail();
  t.pay.on('payment_intent.created', async () => {});
  await t.settle();

  await t.create();
  await t.settle();

  expect(spans().map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^job /), 'sweep payment.expiry']),
  );
  expect((await points('itpay.job.duration')).length).toBeGreaterThan(0);
});
