import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { fromNode, writeNode } from '@itpay/gateway';
import { testInstance } from '@itpay/testkit';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { createItPay } from 'itpay';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';

const POUNDS = { kind: 'other', currency: 'GBP', country: 'GB', number: '31926819', bankCode: '60-16-13' } as const;

/** A shop with a scriptable rail whose pay page a browser can open, and a payment in each state that a payer may meet. */
export async function payPageShop() {
  let handle: Awaited<ReturnType<typeof createItPay>>['handle'] | null = null;
  const server = createServer((req, res) => {
    const url = req.url!.replace(/^\/itpay/, '');
    if (handle !== null) void handle(fromNode(req, res, { url })).then((answer) => writeNode(res, answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const rail = await createFakeRailServer();
  const t = await testInstance(createItPay, {
    account: 'Baan Kafe',
    publicUrl: `${origin}/itpay`,
    dataDir: await freshDirectory(),
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
    plugins: [
      fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test', now: undefined }),
      bankTransfer(),
      bankTransfer({ id: 'bank_transfer_gbp', beneficiary: 'Baan Kafe', account: POUNDS }),
    ],
  });
  handle = t.pay.handle;
  whenFileEnds(async () => {
    server.closeAllConnections();
    server.close();
    await t.stop();
    await rail.stop();
  });

  let orders = 0;
  const create = async (more: object = {}) =>
    (
      await t.request('POST', '/v1/payment-intents', {
        body: {
          amount: { currency: 'THB', value: 123_450 },
          channel: 'fake',
          description: 'Two flat whites and a cinnamon roll',
          order_reference: `order-${1000 + orders++}`,
          return_url: 'https://baan-kafe.example/thanks',
          ...more,
        },
      })
    ).body;
  const deliver = async (reference: string) => {
    for (const callback of await rail.callbacks()) {
      if (callback.reference !== reference) continue;
      const { url, headers, body } = callback;
      await t.pay.fetch(new Request(url, { method: 'POST', headers, body }));
    }
  };
  const pay = async ({ channel_reference }: { channel_reference: string }) => {
    await rail.pay(channel_reference);
    await deliver(channel_reference);
  };
  const hold = async () => {
    const intent = await create({ capture_method: 'manual' });
    await pay(intent);
    return intent;
  };

  const states = {
    waiting: () => create(),
    scanned: async () => {
      const intent = await create();
      await rail.scan(intent.channel_reference);
      await deliver(intent.channel_reference);
      return intent;
    },
    preparing: async () => {
      await rail.script({ operation: 'authorize', behaviour: 'reset_after' });
      return create();
    },
    processing: hold,
    paid: async () => {
      const intent = await create();
      await pay(intent);
      return intent;
    },
    expired: async () => {
      const intent = await create();
      t.clock.advance('16m');
      await t.settle();
      return intent;
    },
    cancelled: async () => {
      const intent = await create();
      await t.request('POST', `/v1/payment-intents/${intent.id}/cancel`, { body: {} });
      return intent;
    },
    failed: async () => {
      const intent = await hold();
      await rail.script({ operation: 'capture', behaviour: 'decline' });
      await t.request('POST', `/v1/payment-intents/${intent.id}/capture`, { body: {} });
      return intent;
    },
  };
  return { ...t, origin, create, pay, states };
}
