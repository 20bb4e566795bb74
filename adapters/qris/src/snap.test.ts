import { startSnapSimulator, type SnapProfile, type SnapSimulator } from '@itpay/simulator';
import { RailError, type Channel, type OrderRequest } from '@itpay/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import { qris } from './channel.js';
import type { SnapTestMerchant } from './config.js';
import { ACQUIRERS } from './profile.js';

// Keys take their time, so tests of one acquirer share it; whoever needs one alone says so.
const running = new Map<string, Promise<SnapSimulator>>();
afterAll(async () => {
  for (const simulator of running.values()) await (await simulator).close();
});

async function acquirer(profile: SnapProfile = 'aspi', change: Partial<SnapTestMerchant> = {}, name: string = profile) {
  if (!running.has(name)) running.set(name, startSnapSimulator({ profile }));
  const simulator = await running.get(name)!;
  const { url, credentials, control } = simulator;
  const [channel] = qris({ test: { ...credentials, baseUrl: url, ...change } }).channels;
  const requests = async () => ((await control.books()) as { requests: Call[] }).requests;
  const before = (await requests()).length;
  const calls = async () => (await requests()).slice(before);
  return { simulator, control, channel: channel!, calls };
}
interface Call {
  readonly operation: string;
  readonly reference: string;
  readonly externalId: string;
}

let orders = 0;
function order(change: Partial<OrderRequest> = {}): OrderRequest {
  return {
    reference: `ORDER${(orders += 1)}`,
    amount: { currency: 'IDR', value: 2_500_000n },
    description: 'Kopi & roti "pagi"',
    expiresAt: new Date(Date.now() + 900_000),
    captureMethod: 'automatic',
    notifyUrl: 'http://127.0.0.1:9/',
    ...change,
  };
}
const context = { signal: new AbortController().signal };
const failureIn = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('It succeeded.'),
    (error: unknown) => (error as RailError).failure,
  );

describe('a call', () => {
  it('has a new X-EXTERNAL-ID for each attempt, and keeps the number of the order', async () => {
    const { channel, control, calls } = await acquirer();
    const request = order();
    await control.script({ operation: 'generate', behaviour: '429', times: 2 });

    for (const attempt of [1, 2]) {
      expect(await failureIn(channel.authorize!(request, context)), `attempt ${attempt}`).toMatchObject({
        category: 'rate_limited',
        rawCode: '4294700',
      });
    }
    expect(await channel.authorize!(request, context)).toMatchObject({ outcome: 'succeeded' });

    const made = await calls();
    expect(made.map(({ reference }) => reference)).toEqual(Array(3).fill(request.reference));
    expect(new Set(made.map(({ externalId }) => externalId)).size).toBe(3);
    for (const { externalId } of made) expect(externalId).toMatch(/^\d{32}$/);
  });

  it('has the number of the order as X-EXTERNAL-ID where the acquirer wants that', async () => {
    const { channel, calls } = await acquirer('midtrans');
    const request = order();

    await channel.authorize!(request, context);
    await channel.query!(request.reference, context);

    const [generate, query] = await calls();
    expect(generate!.externalId).toBe(request.reference);
    expect(query!.externalId).toMatch(/^\d{32}$/);
  });

  it('gets a new token and goes out again when the old one ended early', async () => {
    const { channel, simulator, calls } = await acquirer();
    await channel.authorize!(order(), context);

    simulator.revokeTokens();
    const again = await channel.authorize!(order(), context);

    expect(again).toMatchObject({ outcome: 'succeeded' });
    expect((await calls()).map(({ operation }) => operation)).toEqual(['generate', 'generate']);
  });

  it('does not go out without a token, and says so', async () => {
    const { channel, control, calls } = await acquirer();
    await control.script(
      { operation: 'token', behaviour: '500_before' },
      { operation: 'token', behaviour: 'garbage' },
      { operation: 'token', behaviour: 'reset_after' },
      { operation: 'token', behaviour: '429' },
      { operation: 'token', behaviour: 'decline' },
    );

    const categories = [];
    for (let n = 1; n <= 5; n += 1) {
      categories.push(((await failureIn(channel.authorize!(order(), context))) as { category: string }).category);
    }

    expect(categories).toEqual(['not_connected', 'not_connected', 'not_connected', 'rate_limited', 'auth_config']);
    expect(await calls()).toEqual([]);
  });

  it.each([
    ['clientSecret', 'another secret', '4014700'],
    ['partnerId', 'SOMEBODY', '4014700'],
    ['channelId', '00000', '4004701'],
    ['merchantId', 'another-merchant', '4044708'],
  ])('with another %s was certainly not processed', async (field, value, rawCode) => {
    const { channel } = await acquirer('aspi', { [field]: value });

    expect(await failureIn(channel.authorize!(order(), context))).toMatchObject({
      category: rawCode === '4004701' ? 'invalid_request' : 'auth_config',
      rawCode,
    });
  });

  it('carries what the merchant set for every order', async () => {
    const extra = { storeId: 'S1', terminalId: 'T1', subMerchantId: 'M1', additionalInfo: { postalCode: '10110' } };
    const { channel } = await acquirer('aspi', { ...extra, origin: 'https://shop.example' });

    expect(await channel.authorize!(order(), context)).toMatchObject({ outcome: 'succeeded' });
  });

  it('never asks for a part of a rupiah', async () => {
    const { channel, calls } = await acquirer();
    const error = await channel.authorize!(order({ amount: { currency: 'IDR', value: 1250n } }), context).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toMatchObject({ code: 'AMOUNT_PRECISION_UNSUPPORTED' });
    expect(channel.mapError!(error)).toEqual({ category: 'invalid_request', rawCode: 'AMOUNT_PRECISION_UNSUPPORTED' });
    expect(await calls()).toEqual([]);
  });

  it('knows that an acquirer which is not there was sent nothing', async () => {
    const { channel, simulator } = await acquirer('dana', {}, 'a DANA that is switched off');
    await simulator.close();

    expect(await failureIn(channel.authorize!(order(), context))).toMatchObject({ category: 'not_connected' });
  });
});

describe('an order', () => {
  it('is paid with the code that the acquirer made, for exactly this amount', async () => {
    const { channel, control } = await acquirer();
    const request = order();

    const outcome = await channel.authorize!(request, context);
    const { qrData } = (outcome as { value: { qrData: string } }).value;
    await control.act({ action: 'pay', reference: qrData });

    expect(await channel.query!(request.reference, context)).toMatchObject({
      status: 'captured',
      credit: { amount: request.amount },
    });
  });

  it('is not cancelled when it is paid, because some acquirers would give the money back', async () => {
    const { channel, control, calls } = await acquirer('aspi');
    const request = order();
    await channel.authorize!(request, context);
    await control.act({ action: 'pay', reference: request.reference });

    expect(await channel.cancel!(request.reference, context)).toMatchObject({ value: { result: 'already_paid' } });

    expect((await calls()).map(({ operation }) => operation)).toEqual(['generate', 'query']);
  });

  it('that was paid while it was being cancelled is paid', async () => {
    const { channel, control, calls } = await acquirer('doku');
    const request = order();
    await channel.authorize!(request, context);
    await control.script({ operation: 'cancel', behaviour: 'slow:300' });

    const cancelling = channel.cancel!(request.reference, context);
    while (!(await calls()).some(({ operation }) => operation === 'cancel')) await new Promise(setImmediate);
    await control.act({ action: 'pay', reference: request.reference });

    expect(await cancelling).toEqual({ outcome: 'succeeded', value: { result: 'already_paid' } });
  });

  it('that the acquirer will not cancel says why', async () => {
    const { channel, control } = await acquirer();
    const request = order();
    await channel.authorize!(request, context);
    await control.script({ operation: 'cancel', behaviour: 'decline' });

    expect(await failureIn(channel.cancel!(request.reference, context))).toMatchObject({ rawCode: '4037715' });
  });

  it('waits while nobody has paid, also after its code has ended', async () => {
    const { channel, control } = await acquirer();
    const request = order();
    await channel.authorize!(request, context);
    await control.act({ action: 'expire', reference: request.reference });

    expect(await channel.query!(request.reference, context)).toEqual({ status: 'pending' });
  });

  it('of which everything went back is closed, and one of which a part went back is not', async () => {
    const { channel, control } = await acquirer();
    const [whole, half] = [await paid(channel, control), await paid(channel, control)];
    await refund(channel, whole, 'R1', 2_500_000n);
    await refund(channel, half, 'R2', 1_000_000n);

    expect(await channel.query!(whole, context)).toEqual({ status: 'closed' });
    expect(await channel.query!(half, context)).toMatchObject({ status: 'captured' });
  });
});

describe('a refund', () => {
  it('that the acquirer could not carry out has failed', async () => {
    const { channel, control } = await acquirer();
    const reference = await paid(channel, control);
    await control.script({ operation: 'refund', behaviour: 'pending' });

    expect(await refund(channel, reference, 'R3', 100n)).toEqual({ outcome: 'pending' });
    await control.act({ action: 'settle_refund', reference: 'R3', status: 'failed' });

    const request = { reference, refundReference: 'R3', channelTransactionId: 'x' };
    expect(await channel.queryRefund!(request, context)).toMatchObject({ status: 'failed' });
  });

  it('is offered as far as the acquirer can', async () => {
    const { credentials } = (await acquirer('doku')).simulator;
    const capabilities = (change: object) =>
      qris({ test: { ...credentials, acquirer: { ...ACQUIRERS.doku, ...change } } }).channels[0]!.capabilities;

    expect(capabilities({ refunds: 'full' })).toContain('refund');
    expect(capabilities({ refunds: 'full' })).not.toContain('partial_refund');
    expect(capabilities({ refunds: 'history' })).toContain('multiple_refunds');
    expect(capabilities({ refunds: 'none', paths: { ...ACQUIRERS.doku.paths, cancel: null, refund: null } })).toEqual([
      'qr_dynamic',
      'amount_locked',
      'callback',
    ]);
  });
});

async function paid(channel: Channel, control: SnapSimulator['control']): Promise<string> {
  const request = order();
  const { reference } = request;
  await channel.authorize!(request, context);
  await control.act({ action: 'pay', reference });
  return reference;
}

async function refund(channel: Channel, reference: string, refundReference: string, value: bigint) {
  const found = await channel.query!(reference, context);
  const { channelTransactionId, amount } = (found as { credit: { channelTransactionId: string; amount: any } }).credit;
  return channel.refund!(
    {
      reference,
      channelTransactionId,
      refundReference,
      amount: { currency: 'IDR', value },
      total: amount,
      reason: 'r',
    },
    context,
  );
}
