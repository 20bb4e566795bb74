import { defineChannel, type Channel, type FailureCategory } from '@itpay/kernel';
import { createFakeRailServer, fakeChannel, type FakeChannelOptions, type FakeRail } from '@itpay/testkit/fake-rail';
import { operatorKey } from '../scenarios/operator.js';
import { fakeRail } from '../scenarios/fake-rail.js';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';

const CREATE = '/v1/payment-intents';

export type RoutingShop = Awaited<ReturnType<typeof routingShop>>;

/**
 * A shop with two banks that have a network, `north` and `south`, and `local`, which builds its codes itself. Dollars go to
 * the banks only, yen to `local` only, baht everywhere.
 */
export async function routingShop(options: { readonly south?: Partial<FakeChannelOptions> } = {}) {
  const [north, south] = [await bank(), await bank()];
  const lies = { about: null as FailureCategory | null };
  const t = await testPay({
    plugins: [
      defineChannel(liar(channelOf('north', north), lies)),
      defineChannel(channelOf('south', south, options.south)),
      fakeRail({ id: 'local' }),
    ],
  });
  const operator = await operatorKey(t);
  let count = 0;
  const rails: Readonly<Record<string, FakeRail>> = { north, south };

  return {
    ...t,
    north,
    south,
    /** North opens every order from now on, and says of it what is given here. Null: the truth. */
    letNorthLie: (about: FailureCategory | null) => void (lies.about = about),
    create: (body: object = {}, idempotencyKey?: string) =>
      t.request('POST', CREATE, {
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        body: { amount: { currency: 'USD', value: 10_000 }, order_reference: `order-${count++}`, ...body },
      }),
    intent: async (id: string, query = '') => (await t.request('GET', `${CREATE}/${id}${query}`)).body,
    post: (path: string, body: object = {}) => t.request('POST', path, { body }),
    operate: (path: string, body: object = {}) => t.request('POST', path, { key: operator, body }),
    timeline: async (id: string): Promise<any[]> => (await t.request('GET', `${CREATE}/${id}/timeline`)).body.data,
    operations: async (id: string) =>
      ((await t.request('GET', `/v1/operations?payment_intent_id=${id}&limit=100`)).body.data as any[]).toReversed(),
    /** Kind, channel and state of each call for a payment, in their order. */
    async calls(id: string): Promise<string[]> {
      return (await this.operations(id)).map(({ kind, channel, state }) => `${kind} ${channel} ${state}`);
    },
    inflows: async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as any[],
    refunds: async (id: string) => (await t.request('GET', `/v1/refunds?payment_intent_id=${id}`)).body.data as any[],
    /** How many orders a bank has for a payment, whatever it said of them. */
    async ordersAt(name: 'north' | 'south', id: string): Promise<number> {
      const references = (await this.operations(id)).map(({ reference }) => reference);
      const { entries } = await rails[name]!.books();
      return entries.filter(({ reference, order }) => order !== null && references.includes(reference)).length;
    },
    /** The number of the payment's order at a channel. */
    async numberAt(channel: string, id: string): Promise<string> {
      const orders = (await this.operations(id)).filter((one) => one.kind === 'authorize' && one.channel === channel);
      return orders.at(-1).reference;
    },
    /** Delivers what the banks have to say about a payment, and the answers. */
    async tell(reference: string) {
      const answers = [];
      for (const { callbacks } of [north, south]) {
        for (const { url, headers, body } of (await callbacks()).filter((one) => one.reference === reference)) {
          answers.push((await t.pay.fetch(new Request(url, { method: 'POST', headers, body }))).status);
        }
      }
      return answers;
    },
    async clear() {
      lies.about = null;
      await Promise.all([north.clearScript(), south.clearScript()]);
      // A breaker that an earlier test has opened lets a call out again.
      t.clock.advance('31s');
    },
  };
}

async function bank(): Promise<FakeRail> {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  return rail;
}

function channelOf(id: string, { url, secret }: FakeRail, more: Partial<FakeChannelOptions> = {}): Channel {
  const options = { id, url, secret, mode: 'test', merchantAccount: `shop:${id}`, timeoutMs: 3_000, ...more } as const;
  return fakeChannel(options).channels[0]!;
}

/** A bank that may say of an order that it is not there, when it is. */
function liar(channel: Channel, lies: { readonly about: FailureCategory | null }): Channel {
  return {
    ...channel,
    authorize: async (request, context) => {
      const outcome = await channel.authorize!(request, context);
      if (lies.about === null) return outcome;
      const name = lies.about === 'declined' ? 'declined' : 'not_sent';
      return { outcome: name, failure: { category: lies.about } };
    },
  };
}
