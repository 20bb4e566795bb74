import express, { type Router } from 'express';
import { isItPayError, type ItPay } from 'itpay';
import { createOrders } from './orders.js';
import { orderPage, shopPage } from './pages.js';
import { PRODUCTS } from './products.js';

/** The shop: an ordinary Express router with its own table, as an existing backend would have it. */
export async function createShop(pay: ItPay): Promise<Router> {
  const orders = await createOrders(pay.knex);
  const shopUrl = new URL(pay.publicUrl).origin;

  // From the event log, at least once. The order's row and the note "handled" commit together.
  pay.on('payment_intent.succeeded', async ({ data }, { trx }) => {
    await orders.markPaid(trx, data.object.order_reference);
  });

  const shop = express.Router();
  shop.get('/', (_req, res) => {
    res.send(shopPage(PRODUCTS));
  });

  shop.post('/orders', express.urlencoded({ extended: false }), async (req, res) => {
    const product = PRODUCTS.find(({ id }) => id === req.body?.product);
    if (product === undefined) return void res.status(404).send('There is no such dish.');

    // Order and payment commit or vanish together.
    const intent = await pay.knex.transaction(async (trx) => {
      const order = await orders.place(trx, product);
      const created = await pay.payments.createIntent(
        {
          amount: { currency: 'THB', value: product.price },
          description: product.name,
          orderReference: order.id,
          channel: 'promptpay',
          returnUrl: `${shopUrl}/orders/${order.id}`,
        },
        { trx },
      );
      await orders.rememberPayment(trx, order.id, created.id);
      return created;
    });
    res.redirect(303, intent.payUrl);
  });

  shop.get('/orders/:id', async (req, res) => {
    const order = await orders.find(req.params.id);
    if (order === null) return void res.status(404).send('There is no such order.');
    const intent = order.paymentIntentId && (await pay.payments.getIntent(order.paymentIntentId));
    res.send(orderPage(order, intent ? intent.payUrl : null));
  });

  shop.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    console.error(error);
    res.status(isItPayError(error) ? error.status : 500).send('Something went wrong; nothing was charged.');
  });
  return shop;
}
