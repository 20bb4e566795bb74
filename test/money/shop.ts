import { signed, type PendingCallback } from '@itpay/testkit/fake-rail';
import { operatorKey } from '../scenarios/operator.js';
import { testPayWithRail } from '../support/fake-rail.js';

export type Shop = Awaited<ReturnType<typeof shopWithRail>>;

/** An ItPay with a rail behind it, and short words for what these tests do all the time. */
export async function shopWithRail(...args: Parameters<typeof testPayWithRail>) {
  const t = await testPayWithRail(...args);
  const key = await operatorKey(t);
  const post = (path: string, body: object = {}) => t.request('POST', path, { body });

  /** An open payment of 100.00 baht, with its order at the rail. */
  const opened = async (more: object = {}) => {
    const { body } = await t.create({ order_reference: `order-${orders++}`, ...more });
    return { id: body.id as string, reference: body.channel_reference as string };
  };
  let orders = 0;
  const tell = (callback: Pick<PendingCallback, 'url' | 'headers' | 'body'>) =>
    t.pay.fetch(new Request(callback.url, { method: 'POST', headers: callback.headers, body: callback.body }));
  const about = async (reference: string) =>
    (await t.rail.callbacks()).filter((callback) => callback.reference === reference);

  return {
    ...t,
    post,
    /** The same by the people who run the installation. */
    operate: (path: string, body: object = {}) => t.request('POST', path, { key, body }),
    opened,
    tell,
    about,
    /** Tells everything that the rail has to say about an order, once, one after the other. */
    async tellAbout(reference: string) {
      const answers = [];
      for (const callback of await about(reference)) answers.push(await tell(callback));
      return answers;
    },
    /** A payment that has arrived. */
    async paid(more: object = {}) {
      const order = await opened(more);
      await t.rail.pay(order.reference);
      for (const callback of await about(order.reference)) await tell(callback);
      return order;
    },
    /** A hold of the whole amount. */
    async held() {
      const order = await opened({ capture_method: 'manual' });
      await t.rail.pay(order.reference);
      for (const callback of await about(order.reference)) await tell(callback);
      return order;
    },
    refund: (id: string, more: object = {}) => post('/v1/refunds', { payment_intent_id: id, ...more }),
    cancel: (id: string) => post(`/v1/payment-intents/${id}/cancel`),
    capture: (id: string, value?: number) =>
      post(`/v1/payment-intents/${id}/capture`, value === undefined ? {} : { amount: thb(value) }),
    simulate: (id: string, body: object) => post(`/v1/test-helpers/payment-intents/${id}/simulate`, body),
    rows: (table: string, where: object = {}): Promise<any[]> =>
      t.pay.knex.withSchema('itpay').from(table).where(where).orderBy('id'),
    inflows: async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as any[],
    refunds: async (id: string) => (await t.request('GET', `/v1/refunds?payment_intent_id=${id}`)).body.data as any[],
    operations: async (id: string) =>
      ((await t.request('GET', `/v1/operations?payment_intent_id=${id}&limit=100`)).body.data as any[]).toReversed(),
    /** The address that the rail was given; it is the same for all orders of an instance. */
    notifyUrl: async () => (await t.rail.entry((await opened()).reference))!.order!.notifyUrl,
    /** A notice as the rail would sign it, of whatever content. */
    notice(url: string, event: object, { secret = t.rail.secret, at = new Date() } = {}) {
      const body = JSON.stringify(event);
      return { url, headers: signed(secret, { kind: 'callback', body }, at), body };
    },
  };
}

export const thb = (value: number) => ({ currency: 'THB', value });

/** What the rail says when an order is paid as asked. */
export const paymentEvent = (reference: string, more: object = {}) => ({
  event_id: `E-${reference}`,
  merchant: 'shop-test',
  reference,
  kind: 'payment',
  transaction_id: `T-${reference}`,
  amount: '10000',
  currency: 'THB',
  paid_at: '2024-12-31T23:59:00.000Z',
  ...more,
});

export const statuses = (answers: readonly { readonly status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** `[0, 1, …, n - 1]`, for rounds. */
export const times = (n: number) => Array.from({ length: n }, (_, index) => index);
