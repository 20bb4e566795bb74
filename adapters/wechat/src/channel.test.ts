import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RawCallback } from '@itpay/kernel';
import { startWechatSimulator, type WechatSimulator } from '@itpay/simulator';
import { channelContract, type ContractOperation, type ContractRail } from '@itpay/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { BEHAVIOUR_OF } from '@itpay/testkit/fake-rail';
import { wechat } from './channel.js';

const closing: (() => unknown)[] = [];

const codeOnly = 'the answer to an order is a code and names neither order nor amount; TLS and signature stand for it';
const excused = {
  'authorize: never believes an answer about another order': codeOnly,
  'authorize: never believes an answer with another amount': codeOnly,
  'authorize: never believes an answer in another currency': codeOnly,
  'cancel: never believes an answer about another order':
    'the answer to a closure is empty; the query after it decides',
  'refund: sends again after a rate limit': 'a refund that WeChat slows down may have been taken, so it is asked for',
} as const;

// The third mode, the migration from the one to the other, is in client.test.ts.
const modes = ['public_key', 'certificate'] as const;
for (const mode of modes) {
  const simulator = await startWechatSimulator({ mode, seed: mode });
  const { url, credentials } = simulator;
  afterAll(() => simulator.close());

  describe(`with the keys of the mode ${mode}`, () => {
    channelContract(
      () => wechat({ test: { baseUrl: url, ...credentials, platformCertificates: mode === 'certificate' } }),
      { network: { rail: contractRail(simulator) }, excused },
    );
  });
}

describe('an order', () => {
  const context = { signal: AbortSignal.timeout(60_000) };
  afterAll(() => closing.forEach((close) => close()));
  const simulated = startWechatSimulator({ seed: 'orders' });
  afterAll(async () => (await simulated).close());
  const start = async () => {
    const { url, credentials, control } = await simulated;
    const plugin = wechat({ live: credentials, test: { baseUrl: url, ...credentials } });
    return { control, live: plugin.channels[0]!, test: plugin.channels[1]! };
  };
  const started = start();

  const request = {
    reference: 'AB12CD34EF56GH78',
    amount: { currency: 'CNY', value: 12_345n },
    description: null,
    captureMethod: 'automatic',
    notifyUrl: 'http://127.0.0.1:9/callback',
  } as const;

  it('is never called closed when WeChat does not know it, whatever WeChat says to the closure', async () => {
    const { test } = await started;

    await expect(test.cancel!('NEVERSEEN1234567', context)).rejects.toMatchObject({
      failure: { category: 'not_found' },
    });
  });

  it('is not sent to WeChat with an address that WeChat would not call', async () => {
    const { live } = await started;
    const expiresAt = new Date(Date.now() + 900_000);

    await expect(live.authorize!({ ...request, expiresAt }, context)).rejects.toMatchObject({
      failure: { category: 'invalid_request' },
    });
  });

  it('is not called closed while WeChat still has it open', async () => {
    const simulator = await simulated;
    const { mchid, appid } = simulator.credentials;
    const reference = 'OPEN567890123456';
    const open = JSON.stringify({ mchid, appid, out_trade_no: reference, trade_state: 'NOTPAY' });
    // A WeChat that confirms every closure, and does not close.
    const confused = await standIn(simulator, (method) =>
      method === 'POST' ? { status: 204, body: '' } : { status: 200, body: open },
    );

    expect(await confused.cancel!(reference, context)).toEqual({ outcome: 'pending' });
  });

  it('may be closed when the question after the closure does not get through', async () => {
    const busy = await standIn(await simulated, (method) =>
      method === 'POST' ? { status: 204, body: '' } : { status: 429, body: '{"code":"FREQUENCY_LIMITED"}' },
    );

    await expect(busy.cancel!('OPEN567890123456', context)).rejects.toMatchObject({
      failure: { category: 'channel_unavailable', rawCode: 'FREQUENCY_LIMITED' },
    });
  });

  it('is asked for when its number was used with another amount, for that order may be open', async () => {
    const { test, control } = await started;
    const order = { ...request, expiresAt: new Date(Date.now() + 900_000) };
    await test.authorize!(order, context);

    const other = test.authorize!({ ...order, amount: { currency: 'CNY', value: 1n } }, context);

    await expect(other).rejects.toMatchObject({ failure: { category: 'duplicate' } });
    expect((await control.books()).orders).toHaveLength(1);
  });
});

/** A channel at a server that answers what it likes, with the signature of the simulated WeChat. */
async function standIn(
  simulator: WechatSimulator,
  answer: (method: string) => { readonly status: number; readonly body: string },
) {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.method ?? '');
    request.resume();
    void simulator.control
      .rewriteCallback({ headers: {}, body: '' }, { content: body })
      .then(({ headers }) => response.writeHead(status, { ...headers, connection: 'close' }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return wechat({ test: { ...simulator.credentials, baseUrl } }).channels[0]!;
}

/** The simulated WeChat as the other side of the contract. */
function contractRail({ control }: WechatSimulator): ContractRail {
  return {
    pay: (reference) => control.act({ action: 'pay', reference }),
    next: (operation, fault) => control.script({ operation: OPERATION_OF[operation]!, behaviour: BEHAVIOUR_OF[fault] }),
    async made(reference) {
      const { orders } = (await control.books()) as { orders: { out_trade_no: string; refunds: unknown[] }[] };
      const found = orders.filter((order) => order.out_trade_no === reference);
      return { orders: found.length, captures: 0, refunds: found.flatMap(({ refunds }) => refunds).length };
    },
    async lastCallback(reference) {
      const refund = (await control.books()) as { orders: { refunds: { out_refund_no: string; status: string }[] }[] };
      const processing = refund.orders
        .flatMap(({ refunds }) => refunds)
        .some(({ out_refund_no, status }) => out_refund_no === reference && status === 'PROCESSING');
      if (processing) await control.act({ action: 'settle_refund', reference });
      const last = (await control.callbacks()).findLast((callback) => callback.reference === reference);
      if (last === undefined) throw new Error(`WeChat has no notification about "${reference}".`);
      return asRaw(last);
    },
    async rewriteCallback({ headers, rawBody }, change) {
      const body = Buffer.from(rawBody).toString('utf8');
      return asRaw(await control.rewriteCallback({ headers: headers as Record<string, string>, body }, change));
    },
    callbackFields: {
      id: 'EV-1',
      event_type: 'REFUND.SUCCESS',
      resource_type: 'plain-resource',
      'resource.algorithm': 'AEAD_AES_128_GCM',
      'resource.original_type': 'refund',
      'resource.nonce': '000000000000',
      'resource.ciphertext': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      mchid: '1900000109',
      appid: 'wx8888888888888888',
      out_trade_no: 'ANOTHER1',
      transaction_id: '4200000000000000000000000000',
      trade_type: 'JSAPI',
      trade_state: 'REVOKED',
      success_time: '2025-01-01T00:00:00+08:00',
      'amount.total': 1,
      'amount.currency': 'USD',
    },
  };
}

const OPERATION_OF: Readonly<Partial<Record<ContractOperation, string>>> = {
  authorize: 'native',
  query: 'query',
  cancel: 'close',
  refund: 'refund',
  queryRefund: 'query_refund',
};

function asRaw({ headers, body }: { headers: RawCallback['headers']; body: string }): RawCallback {
  return { method: 'POST', path: '/v1/channels/wechat/callback/token', headers, rawBody: Buffer.from(body) };
}
