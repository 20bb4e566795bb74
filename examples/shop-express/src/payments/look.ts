import type { HostIntent, ItPay, Refund } from 'itpay';
import { MODE } from './rails.js';

/** What is known of the payments of an order: ItPay's word, read when it is shown. */
export interface OrderPayments {
  /** Latest first. */
  readonly payments: readonly OrderPayment[];
  /** Somebody paid, and it does not count for the order before the shop decides. */
  readonly aside: readonly Inflow[];
}

export interface OrderPayment {
  readonly intent: HostIntent;
  readonly refunds: readonly Refund[];
  /** All that arrived for it. */
  readonly inflows: readonly Inflow[];
}

/** Money that arrived, as `/v1/inflows` has it. */
export interface Inflow {
  readonly id: string;
  readonly channel: string;
  readonly channel_transaction_id: string;
  readonly amount: { readonly currency: string; readonly value: number };
  readonly counted: number;
  readonly kind: 'exact' | 'late' | 'over' | 'under' | 'duplicate' | 'wrong_currency' | 'unattributed';
  readonly status: 'needs_match' | 'applied' | 'refunding' | 'parked' | 'refunded' | 'kept';
  readonly payment_intent_id: string | null;
}

/** The code can still be paid. */
export const isOpen = ({ status }: HostIntent): boolean => ['pending', 'qr_generated', 'scanning'].includes(status);

/** Its time is over, and money may still be on its way: a moment later it expires, or is paid. */
export const hasRunOut = ({ expiresAt }: HostIntent, now: Date): boolean => expiresAt <= now;

/** The money is there, or held. */
export const isPaid = ({ status }: HostIntent): boolean => ['authorized', 'captured', 'succeeded'].includes(status);

export async function look(pay: ItPay, orderId: string): Promise<OrderPayments> {
  const ids: string[] = await pay
    .knex('shop.order_payments')
    .where({ order_id: orderId })
    .orderBy('number', 'desc')
    .pluck('intent');
  const payments = await Promise.all(
    ids.map(async (id) => ({
      intent: await pay.payments.getIntent(id),
      refunds: await pay.payments.listRefunds(id),
      inflows: await listInflows(pay, { payment_intent_id: id }),
    })),
  );
  return { payments, aside: payments.flatMap(({ inflows }) => inflows.filter(({ status }) => status === 'parked')) };
}

/** Money of all orders that lies aside, with the order that it came for. */
export async function asideOf(pay: ItPay): Promise<readonly { inflow: Inflow; orderId: string | null }[]> {
  const parked = await listInflows(pay, { status: 'parked' });
  const strange = await listInflows(pay, { status: 'needs_match' });
  return Promise.all(
    [...parked, ...strange].map(async (inflow) => ({
      inflow,
      orderId: inflow.payment_intent_id && (await pay.payments.getIntent(inflow.payment_intent_id)).orderReference,
    })),
  );
}

async function listInflows(pay: ItPay, query: Record<string, string>): Promise<readonly Inflow[]> {
  const { body } = await call(pay, 'GET', '/v1/inflows', { query: { ...query, limit: 100 } });
  return body.data;
}

/** A route of ItPay without a method of its own. Refusals are thrown. */
export async function call(
  pay: ItPay,
  method: 'GET' | 'POST',
  path: string,
  more: { readonly query?: Record<string, string | number>; readonly body?: object; readonly idempotencyKey?: string },
) {
  const answer = await pay.as({ account: pay.account.id, livemode: MODE === 'live' }).call({ method, path, ...more });
  if (answer.status >= 400) throw new Refusal(answer.body.error.message);
  return answer;
}

/** ItPay says no; its message says why, to somebody of the shop. */
export class Refusal extends Error {}
