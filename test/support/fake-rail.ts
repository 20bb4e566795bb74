import {
  createFakeRailServer,
  fakeChannel,
  type FakeChannelOptions,
  type FakeRailOptions,
} from '@itpay/testkit/fake-rail';
import { whenFileEnds } from './cleanup.js';
import { testPay } from './pay.js';

/** A whole ItPay with a scriptable rail behind it, in test mode. Both end with the test file. */
export async function testPayWithRail(
  channel: Partial<FakeChannelOptions> = {},
  options: Parameters<typeof testPay>[0] = {},
  railOptions: FakeRailOptions = {},
) {
  const rail = await createFakeRailServer(railOptions);
  whenFileEnds(() => rail.stop());
  const t = await testPay({
    plugins: [fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test', now: undefined, ...channel })],
    ...options,
  });
  const create = (body: object = {}) =>
    t.request('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 10_000 }, channel: 'fake', ...body },
    });
  const intent = async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body;
  /** Delivers what the rail wants to tell, through the gateway and without a network. */
  const deliver = async (select: (callback: { readonly reference: string }) => boolean = () => true) => {
    const answers = [];
    for (const { url, headers, body, reference } of await rail.callbacks()) {
      if (!select({ reference })) continue;
      answers.push(await t.pay.fetch(new Request(url, { method: 'POST', headers, body })));
    }
    return answers;
  };
  return { ...t, rail, create, intent, deliver };
}
