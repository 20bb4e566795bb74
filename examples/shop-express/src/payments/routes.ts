import { isItPayError, type ItPay } from 'itpay';
import express, { type ErrorRequestHandler, type Request, type Router } from 'express';
import type { Knex } from 'knex';
import { readMinor } from '../words.js';
import { findOrder, lockOrder, type Order } from '../orders.js';
import { frameOf } from '../frame.js';
import { signedIn, staffOnly, userOf } from '../sessions.js';
import { messagePage, page } from '../views.js';
import { asideOf, call, hasRunOut, isOpen, isPaid, look, Refusal } from './look.js';
import { methodOf } from './methods.js';
import { cancel, type Payments } from './payments.js';
import { asidePanel } from './views.js';

/** Paying again, refunds, and decisions about money that lies aside. */
export function paymentRoutes(db: Knex, payments: Payments): [Router, ErrorRequestHandler] {
  const { pay } = payments;
  const routes = express.Router();

  routes.post('/orders/:id/pay', signedIn, async (req, res, next) => {
    const order = await findOrder(db, userOf(res), req.params.id);
    if (order === null) return next();
    res.redirect(303, (await payAgain(db, payments, order, req.body?.method)) ?? `/orders/${order.id}`);
  });

  // Test mode only: ItPay refuses it for live payments.
  routes.post('/orders/:id/test-payer', signedIn, async (req, res, next) => {
    const order = await findOrder(db, userOf(res), req.params.id);
    const [latest] = order === null ? [] : (await look(pay, order.id)).payments;
    if (order === null || latest === undefined) return next();
    await call(pay, 'POST', `/v1/test-helpers/payment-intents/${latest.intent.id}/simulate`, {
      body: { event: req.body?.event },
      idempotencyKey: keyOf(req),
    });
    res.redirect(303, `/orders/${order.id}`);
  });

  routes.get('/staff/money', staffOnly, async (_req, res) => {
    res.send(page(await frameOf(db, res), 'Money to look at', asidePanel(await asideOf(pay))).text);
  });

  routes.post('/staff/payments/:intent/refund', staffOnly, async (req, res) => {
    const intent = await pay.payments.getIntent(req.params.intent);
    const value = readMinor(String(req.body?.amount));
    if (value === null) throw new Refusal('Write the amount as in 120 or 120.50.');
    // A form is one refund, however often its button is pressed; a fresh page is another.
    await pay.payments.refundIntent(intent.id, {
      amount: { currency: intent.amount.currency, value },
      confirmDuplicate: true,
      idempotencyKey: keyOf(req),
    });
    res.redirect(303, `/orders/${intent.orderReference}`);
  });

  routes.post('/staff/refunds/:id/sent', staffOnly, async (req, res) => {
    await call(pay, 'POST', `/v1/refunds/${encodeURIComponent(req.params.id)}/complete`, {
      body: { reason: `Sent by ${userOf(res).email}`, evidence: String(req.body?.evidence) },
      idempotencyKey: keyOf(req),
    });
    res.redirect(303, backOf(req));
  });

  routes.post('/staff/money/:id/:decision', staffOnly, async (req, res, next) => {
    const { id, decision } = req.params as Record<string, string>;
    if (!['apply', 'refund', 'keep'].includes(decision!)) return next();
    // What is counted now must not be paid a second time.
    if (decision === 'apply') await closeOthers(pay, String(req.body?.order));
    await call(pay, 'POST', `/v1/inflows/${encodeURIComponent(id!)}/${decision}`, {
      body: { reason: `Decided by ${userOf(res).email}`, ...(decision === 'apply' && { accept_under: true }) },
      idempotencyKey: keyOf(req),
    });
    res.redirect(303, backOf(req));
  });

  return [routes, refusals(db)];
}

/**
 * Where to pay an order that is not paid: the page of the payment that is open, or of a new one when that has come to
 * nothing, or another way was chosen.
 *
 * @returns null when there is nothing to pay now: it is paid, money of it lies aside, or may still come
 */
async function payAgain(db: Knex, payments: Payments, order: Order, channel: unknown): Promise<string | null> {
  const { pay } = payments;
  const { payments: seen, aside } = await look(pay, order.id);
  const latest = seen[0]?.intent;
  if (order.status !== 'unpaid' || aside.length > 0 || seen.some(({ intent }) => isPaid(intent))) return null;
  if (latest !== undefined && isOpen(latest)) {
    if (hasRunOut(latest, payments.now())) return null;
    if (channel === undefined || latest.channel === methodOf(channel).channel) return latest.payUrl;
    await cancel(pay, latest);
  }
  const url = await db.transaction(async (trx) => {
    const now = await lockOrder(trx, order.id);
    const last = await trx('shop.order_payments').where({ order_id: order.id }).orderBy('number', 'desc').first();
    return now.status === 'unpaid' && last?.intent === latest?.id ? payments.begin(trx, now, channel) : null;
  });
  // Another tab was faster: its payment is the one.
  return url ?? (await look(pay, order.id)).payments.find(({ intent }) => isOpen(intent))?.intent.payUrl ?? null;
}

async function closeOthers(pay: ItPay, orderId: string): Promise<void> {
  const [latest] = (await look(pay, orderId)).payments;
  if (latest !== undefined && isOpen(latest.intent) && latest.inflows.length === 0) await cancel(pay, latest.intent);
}

/** Each form has a key of its own, made when its page was written. */
function keyOf(req: Request): string {
  const key = String(req.body?.key);
  if (!/^[\da-f-]{36}$/.test(key)) throw new Refusal('The form came without its number. Open the page again.');
  return key;
}

function backOf(req: Request): string {
  const order = String(req.body?.order);
  return /^DR-\d+$/.test(order) ? `/orders/${order}` : '/staff/money';
}

/** What ItPay refuses. Somebody of the shop reads why; for a customer it is enough that nothing happened. */
function refusals(db: Knex): ErrorRequestHandler {
  return async (error, _req, res, next) => {
    if (!(error instanceof Refusal) && !isItPayError(error)) return next(error);
    const frame = await frameOf(db, res);
    const words = 'This did not work, and nothing was charged. Look at your order, or try again in a minute.';
    res.status(409).send(messagePage(frame, frame.user?.staff ? error.message : words).text);
  };
}
