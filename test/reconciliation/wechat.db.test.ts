import { wechat } from '@itpay/channel-wechat';
import { railControl, startWechatSimulator } from '@itpay/simulator';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';

it('A day at WeChat agrees, with its refund and its fees, and a lost notification is healed', async () => {
  let t: Awaited<ReturnType<typeof testPay>> | undefined;
  const now = () => t?.clock.now() ?? new Date();
  const { url, credentials, control, close } = await startWechatSimulator({ seed: 'reconciled', now });
  whenFileEnds(close);
  const weixin: ReturnType<typeof railControl> = control;
  t = await testPay({ plugins: [wechat({ test: { baseUrl: url, ...credentials }, now })] });
  const { clock, pay, request, settle } = t;
  const create = async () =>
    (
      await request('POST', '/v1/payment-intents', {
        body: { amount: { currency: 'CNY', value: 12_345 }, channel: 'wechat', confirm_duplicate: true },
      })
    ).body;
  const deliver = async (wanted: string) => {
    for (const { url: target, headers, body, reference } of await weixin.callbacks()) {
      if (reference === wanted) await pay.fetch(new Request(target, { method: 'POST', headers, body }));
    }
  };
  await settle(); // the calendar begins
  const [told, lost] = [await create(), await create()];
  await weixin.act({ action: 'pay', reference: told.channel_reference });
  await deliver(told.channel_reference);
  const refund = (
    await request('POST', '/v1/refunds', {
      body: { payment_intent_id: told.id, amount: { currency: 'CNY', value: 2_345 } },
    })
  ).body;
  await weixin.act({ action: 'settle_refund', reference: refund.channel_refund_reference }).catch(() => {});
  await deliver(refund.channel_refund_reference);
  await weixin.act({ action: 'pay', reference: lost.channel_reference });

  // Midnight of 2 January in China comes at four in the afternoon of the first in London; the bill is there at ten.
  clock.advance('27h');
  await settle();

  const { data } = (await request('GET', '/v1/reconciliations')).body;
  expect(data).toMatchObject([
    {
      channel: 'wechat',
      trigger: 'daily',
      status: 'completed',
      from: '2025-01-01',
      days: [{ file: 'read' }],
      counts: { matched: 3, waiting: 0, open: 0, classes: {} },
    },
  ]);
  expect((await request('GET', `/v1/payment-intents/${lost.id}`)).body).toMatchObject({ status: 'succeeded' });
  const fees = await pay.knex('itpay.statement_rows').where({ kind: 'fee' });
  expect(fees.map(({ amount }) => Number(amount))).toEqual([74, 74]);
});
