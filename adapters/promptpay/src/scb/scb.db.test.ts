import { startScbSimulator } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPay } from '../../../../test/support/pay.js';
import { promptpay } from '../channel.js';
import { scb, type ScbProvider } from './scb.js';

describe('a payment at SCB', () => {
  let now = () => new Date();
  let simulator: Awaited<ReturnType<typeof startScbSimulator>>;
  let provider: ScbProvider;
  let t: Awaited<ReturnType<typeof testPay>>;
  beforeAll(async () => {
    simulator = await startScbSimulator({ now: () => now() });
    const test = { ...simulator.credentials, baseUrl: simulator.url };
    provider = scb({ test, now: () => now() });
    t = await testPay({ plugins: [promptpay({ provider })] });
    now = () => t.clock.now();
  });
  afterAll(() => simulator.close());

  const create = async () => {
    const { status, body } = await t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 10_000 }, channel: 'promptpay' },
    });
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'qr_generated' } });
    return body as { id: string; channel_reference: string };
  };
  const intent = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body;
  const inflows = async (id: string) =>
    (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as { kind: string; status: string }[];
  const pay = (reference: string) => simulator.control.act({ action: 'pay', reference });
  const deliver = async (reference: string, change: Record<string, unknown> = {}) => {
    const waiting = (await simulator.control.callbacks()).filter((one) => one.reference === reference);
    const { headers, body } = waiting.at(-1)!;
    const changed = JSON.stringify({ ...JSON.parse(body), ...change });
    const request = new Request(provider.test!.callbackUrl!, { method: 'POST', headers, body: changed });
    const answer = await t.pay.fetch(request);
    return { status: answer.status, body: await answer.json() };
  };

  it('succeeds when a confirmation makes us ask the bank, and only once', async () => {
    const { id, channel_reference: reference } = await create();
    await pay(reference);

    const first = await deliver(reference);
    const again = await deliver(reference);

    expect([first, again]).toMatchObject([
      { status: 200, body: { resCode: '00' } },
      { status: 200, body: { resCode: '00' } },
    ]);
    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
    expect(await inflows(id)).toMatchObject([{ kind: 'exact', status: 'applied' }]);
  });

  it('stays open after a confirmation that somebody made up', async () => {
    const paid = await create();
    await pay(paid.channel_reference);
    const { id, channel_reference: reference } = await create();

    const answer = await deliver(paid.channel_reference, { billPaymentRef1: reference });

    expect(answer).toMatchObject({ status: 401, body: { resCode: '99' } });
    expect(await intent(id)).toMatchObject({ status: 'qr_generated' });
    expect(await inflows(id)).toEqual([]);
  });

  it('succeeds without any confirmation', async () => {
    const { id, channel_reference: reference } = await create();
    await pay(reference);

    t.clock.advance('11s');
    await t.settle();

    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
  });

  it('succeeds at the second try when the bank did not answer at the first', async () => {
    const { id, channel_reference: reference } = await create();
    await pay(reference);
    await simulator.control.script({ operation: 'inquiry', reference, behaviour: '500_before' });

    const [failed, done] = [await deliver(reference), await deliver(reference)];

    expect([failed.status, done.status]).toEqual([500, 200]);
    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is kept for an operator when the money comes after the end, because no rail of ours can give it back', async () => {
    const { id, channel_reference: reference } = await create();
    t.clock.advance('20m');
    await t.settle();
    expect(await intent(id)).toMatchObject({ status: 'expired' });

    await pay(reference);
    const answer = await deliver(reference);

    expect(answer.status).toBe(200);
    expect(await intent(id)).toMatchObject({ status: 'expired' });
    expect(await inflows(id)).toMatchObject([{ kind: 'late', status: 'parked' }]);
  });

  it('that is paid twice counts once, although only one confirmation arrives', async () => {
    const { id, channel_reference: reference } = await create();
    await pay(reference);
    await pay(reference);

    await deliver(reference);

    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
    expect((await inflows(id)).map(({ kind }) => kind).toSorted()).toEqual(['duplicate', 'exact']);
  });

  it('is found before it expires, when it was paid on the day before', async () => {
    t.clock.set('2025-03-01T16:50:00Z'); // ten minutes before midnight in Bangkok
    const { id, channel_reference: reference } = await create();
    await pay(reference);

    t.clock.set('2025-03-01T17:06:00Z');
    await t.settle();

    expect(await intent(id)).toMatchObject({ status: 'succeeded' });
  });
});
