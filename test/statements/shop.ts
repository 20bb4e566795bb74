import { bankTransfer } from '@itpay/channel-bank-transfer';
import type { ItPayOptions } from 'itpay';
import { operatorKey } from '../scenarios/operator.js';
import { testPay } from '../support/pay.js';

export type Shop = Awaited<ReturnType<typeof shopByTransfer>>;

export const eur = (value: number) => ({ currency: 'EUR', value });

/** A shop that is paid by bank transfer, and the people who bring its statements. */
export async function shopByTransfer(options: Partial<ItPayOptions> = {}) {
  return shopOf(await testPay({ plugins: [bankTransfer()], ...options }));
}

/** The same around an instance that is there. */
export async function shopOf(t: Awaited<ReturnType<typeof testPay>>) {
  const key = await operatorKey(t);
  let sends = 0;

  /** Brings a file over HTTP. */
  async function bring(file: Uint8Array, more: { key?: string; channel?: string; once?: string; name?: string } = {}) {
    const query = new URLSearchParams({
      channel: more.channel ?? 'bank_transfer',
      ...(more.name && { name: more.name }),
    });
    const response = await t.pay.fetch(
      new Request(`${t.pay.publicUrl}/v1/statements?${query}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${more.key ?? key}`,
          'idempotency-key': more.once ?? `bring-${sends++}`,
          'content-type': 'application/xml',
        },
        body: Buffer.from(file),
      }),
    );
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  }

  return {
    ...t,
    key,
    bring,
    operate: (path: string, body: object = {}) => t.request('POST', path, { key, body }),
    /** An open payment, and the number that its payer types. */
    async opened(cents: number) {
      const { body } = await t.request('POST', '/v1/payment-intents', {
        body: { amount: eur(cents), channel: 'bank_transfer', order_reference: `order-${sends++}` },
      });
      return { id: body.id as string, order: body.channel_reference as string };
    },
    intent: async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body,
    inflows: async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as any[],
    allInflows: async () => (await t.request('GET', '/v1/inflows?limit=100')).body.data as any[],
    /** The rows of a statement, in the order of the file. */
    rows: async (id: string, query = '') =>
      (
        (await t.request('GET', `/v1/statements/${id}/rows?limit=100${query}`, { key })).body.data as any[]
      ).toReversed(),
    table: (name: string): Promise<any[]> => t.pay.knex.withSchema('itpay').from(name).orderBy('id'),
    /** A manual refund that waits for its transfer. */
    async refundOf(id: string, cents?: number) {
      const { body } = await t.request('POST', '/v1/refunds', {
        body: { payment_intent_id: id, ...(cents !== undefined && { amount: eur(cents) }) },
      });
      return { id: body.id as string, reference: body.channel_refund_reference as string };
    },
    refund: async (id: string) => (await t.request('GET', `/v1/refunds/${id}`)).body,
  };
}
