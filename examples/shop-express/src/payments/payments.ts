import { createItPay, isItPayError, type HostIntent, type ItPay, type ItPayOptions } from 'itpay';
import type { Knex } from 'knex';
import type { Config } from '../config.js';
import type { Html } from '../html.js';
import { markPaid, type Order } from '../orders.js';
import type { Frame } from '../views.js';
import { isOpen, isPaid, look } from './look.js';
import { methodOf } from './methods.js';
import { MODE, openTestRails } from './rails.js';
import { buyerPanel, staffPanel } from './views.js';

/** What the shop's own code calls. */
export interface Payments {
  readonly pay: ItPay;
  readonly now: () => Date;
  /** Opens a payment for an order, in the transaction that writes the order. Returns the page to pay at. */
  begin(trx: Knex.Transaction, order: Order, channel: unknown): Promise<string>;
  /** Nobody can pay the order any more. Throws when the payment was faster. */
  close(order: Order): Promise<void>;
  /** What the order's page says of its payments, to a customer or to somebody of the shop. */
  panel(order: Order, frame: Frame): Promise<Html>;
  stop(): Promise<void>;
}

/** Starts ItPay in the shop's process, and listens to what it says. */
export async function openPayments(config: Config, options: Partial<ItPayOptions> = {}): Promise<Payments> {
  const now = () => options.clock?.now() ?? new Date();
  const rails = await openTestRails(now);
  const pay = await createItPay({
    publicUrl: `${config.shopUrl}/itpay`,
    database: config.databaseUrl, // left out: an embedded PostgreSQL in dataDir
    dataDir: '.itpay/shop',
    account: 'Doi Roast',
    mode: MODE,
    plugins: rails.plugins,
    simulators: rails.simulators,
    ...options,
  });

  // What is written here commits together with the note that the event was handled: once, whatever happens in between.
  // Only payments that the shop has opened count; whoever has a key of ItPay can name any order in others.
  pay.on('payment_intent.succeeded', async ({ data: { object: intent } }, { trx }) => {
    const [row] = await trx('shop.order_payments')
      .where({ intent: intent.id })
      .update({ paid_minor: intent.amount_captured.value })
      .returning('order_id');
    if (row === undefined) return;
    await markPaid(trx, row.order_id);
    await markRefundedIfAllIs(trx, row.order_id);
  });
  pay.on('refund.succeeded', async ({ data: { object: refund } }, { trx }) => {
    if (refund.inflow_id !== null) return; // money that never counted for the order
    const [row] = await trx('shop.order_payments')
      .where({ intent: refund.payment_intent_id })
      .increment('refunded_minor', refund.amount.value)
      .returning('order_id');
    if (row !== undefined) await markRefundedIfAllIs(trx, row.order_id);
  });

  return {
    pay,
    now,
    async begin(trx, order, channel) {
      const method = methodOf(channel);
      const intent = await pay.payments.createIntent(
        {
          amount: { currency: method.currency, value: method.price(order.totalSatang) },
          channel: method.channel,
          description: `Order ${order.id} at Doi Roast`,
          orderReference: order.id,
          returnUrl: `${config.shopUrl}/orders/${order.id}`,
        },
        { trx },
      );
      await trx('shop.order_payments').insert({ intent: intent.id, order_id: order.id });
      return intent.payUrl;
    },
    async close(order) {
      const [latest] = (await look(pay, order.id)).payments;
      if (latest !== undefined && isOpen(latest.intent)) await cancel(pay, latest.intent);
    },
    async panel(order, { user }) {
      const known = await look(pay, order.id);
      return user?.staff ? staffPanel(order, known) : buyerPanel(order, known, now());
    },
    async stop() {
      await pay.stop();
      await rails.close();
    },
  };
}

/** A payment that was closed a moment ago by somebody else is closed. */
export async function cancel(pay: ItPay, intent: HostIntent): Promise<void> {
  try {
    await pay.payments.cancelIntent(intent.id, { reason: 'The order is paid in another way.' });
  } catch (error) {
    if (!isItPayError(error) || error.code !== 'INVALID_STATE_TRANSITION') throw error;
    if (isPaid(await pay.payments.getIntent(intent.id))) throw error;
  }
}

async function markRefundedIfAllIs(trx: Knex.Transaction, orderId: string): Promise<void> {
  await trx.raw(
    `update shop.orders set status = 'refunded' where id = ? and status = 'paid' and exists (
       select from shop.order_payments p where p.order_id = orders.id and p.paid_minor is not null
       having bool_and(p.refunded_minor >= p.paid_minor))`,
    [orderId],
  );
}
