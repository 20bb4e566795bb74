import { beforeAll, describe, expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { openPayPage } from '../support/pay-page.js';
import { contents } from './tables.js';

describe('the pay page of a payment that is over', () => {
  let t: Awaited<ReturnType<typeof testPayWithRail>>;
  let fresh = 0;
  beforeAll(async () => {
    t = await testPayWithRail();
  });

  const open = async (more: object = {}) => (await t.create({ order_reference: `p-${fresh++}`, ...more })).body;
  const pageOf = async ({ pay_url }: { pay_url: string }) => {
    const answer = await openPayPage(t, pay_url);
    return {
      status: answer.status,
      text: answer.text.replaceAll(/<[^>]+>/g, ' '),
      hasCode: /<svg[^>]*class="[^"]*qr/.test(answer.text),
      html: answer.text,
    };
  };
  const hold = async () => {
    const intent = await open({ capture_method: 'manual' });
    await t.rail.pay(intent.channel_reference);
    await t.deliver(({ reference }) => reference === intent.channel_reference);
    return intent;
  };

  it.each<[string, string, () => Promise<any>]>([
    [
      'expired',
      'This payment has expired',
      async () => {
        const intent = await open();
        t.clock.advance('16m');
        await t.settle();
        return intent;
      },
    ],
    [
      'cancelled',
      'This payment was cancelled',
      async () => {
        const intent = await open();
        await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
        return intent;
      },
    ],
    [
      'failed',
      'The payment did not go through',
      async () => {
        const intent = await hold();
        await t.rail.script({ operation: 'capture', behaviour: 'decline' });
        await t.request('POST', `/v1/payment-intents/${intent.id}/capture`, { body: {} });
        return intent;
      },
    ],
  ])('says so: %s, shows no code, and changes nothing', async (status, words, close) => {
    const intent = await close();
    const before = await contents(t.pay.knex);

    const page = await pageOf(intent);
    t.clock.advance('25h');
    const later = await pageOf(intent);

    expect((await t.intent(intent.id)).status).toBe(status);
    expect(page.status).toBe(200);
    expect(page.text).toContain(words);
    expect(page.html).not.toContain(intent.qr.qr_data);
    expect(page.html).not.toMatch(/declined|failure|channel_reference/i);
    expect(later.status).toBe(404);
    expect(await contents(t.pay.knex)).toEqual(before);
  });

  it('of a hold waits for the merchant, without a code', async () => {
    const page = await pageOf(await hold());

    expect(page.status).toBe(200);
    expect(page.text).not.toContain('expired');
    expect(page.hasCode).toBe(false);
  });

  it('that was paid late and accepted says that it is paid', async () => {
    const shop = await testPayWithRail({}, { paymentPolicy: { late: 'accept' } });
    const intent = (await shop.create()).body;
    await shop.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
    await shop.rail.setPayableAfterClose(true);
    await shop.rail.pay(intent.channel_reference);
    await shop.deliver();

    const answer = await openPayPage(shop, intent.pay_url);

    expect(await shop.intent(intent.id)).toMatchObject({ status: 'succeeded', late_payment: true });
    expect(answer.text).not.toContain('This payment was cancelled');
  });
});
