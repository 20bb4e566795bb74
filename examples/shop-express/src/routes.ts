import express, { type Router } from 'express';
import type { Knex } from 'knex';
import { addToCart, listProducts, MOST_OF_ONE, readCart, setQuantity } from './cart.js';
import { frameOf } from './frame.js';
import { findOrder, linesOf, listOrders, markPaid, placeOrder } from './orders.js';
import type { Payments } from './payments/payments.js';
import { beginSession, endSession, sessionOf, signedIn, staffOnly, userOf } from './sessions.js';
import { findByPassword, register } from './users.js';
import {
  cartPage,
  cataloguePage,
  messagePage,
  orderPage,
  ordersPage,
  registerPage,
  signInPage,
  staffPage,
} from './views.js';

export function shopRoutes(db: Knex, payments: Payments): Router {
  const routes = express.Router();

  routes.get('/', async (_req, res) => {
    res.send(cataloguePage(await frameOf(db, res), await listProducts(db)).text);
  });

  routes.get('/cart', async (_req, res) => {
    const lines = await readCart(db, sessionOf(res)?.id);
    res.send(cartPage(await frameOf(db, res), lines).text);
  });

  routes.post('/cart', async (req, res) => {
    const session = sessionOf(res) ?? (await beginSession(db, res, null));
    const added = await addToCart(db, session.id, String(req.body?.product));
    if (!added) return void res.status(404).send(messagePage(await frameOf(db, res), 'There is no such product.').text);
    res.redirect(303, '/cart');
  });

  routes.post('/cart/quantity', async (req, res) => {
    const session = sessionOf(res);
    const quantity = Number(req.body?.quantity);
    if (session !== null && Number.isInteger(quantity) && quantity >= 0 && quantity <= MOST_OF_ONE) {
      await setQuantity(db, session.id, String(req.body?.product), quantity);
    }
    res.redirect(303, '/cart');
  });

  routes.post('/checkout', signedIn, async (req, res) => {
    const url = await db.transaction(async (trx) => {
      const order = await placeOrder(trx, sessionOf(res)!);
      return order && payments.begin(trx, order, req.body?.method);
    });
    res.redirect(303, url ?? '/orders');
  });

  routes.get('/orders', signedIn, async (_req, res) => {
    res.send(ordersPage(await frameOf(db, res), await listOrders(db, userOf(res))).text);
  });

  routes.get('/orders/:id', signedIn, async (req, res, next) => {
    const order = await findOrder(db, userOf(res), req.params.id);
    if (order === null) return next();
    const frame = await frameOf(db, res);
    res.send(orderPage(frame, order, await linesOf(db, order.id), await payments.panel(order, frame)).text);
  });

  routes.get('/staff', staffOnly, async (_req, res) => {
    res.send(staffPage(await frameOf(db, res), await listOrders(db, null)).text);
  });

  routes.post('/staff/orders/:id/paid-in-cash', staffOnly, async (req, res, next) => {
    const order = await findOrder(db, userOf(res), req.params.id);
    if (order === null) return next();
    await payments.close(order);
    await markPaid(db, order.id);
    res.redirect(303, `/orders/${order.id}`);
  });

  routes.get('/sign-in', async (req, res) => {
    res.send(signInPage(await frameOf(db, res), { next: ownPath(req.query['next']) }).text);
  });

  routes.post('/sign-in', async (req, res) => {
    const { email, password, next } = req.body ?? {};
    const user = await findByPassword(db, String(email), String(password));
    if (user === null) {
      const again = { next: ownPath(next), email: String(email), problem: 'Address and password do not fit together.' };
      return void res.status(422).send(signInPage(await frameOf(db, res), again).text);
    }
    await beginSession(db, res, user);
    res.redirect(303, ownPath(next));
  });

  routes.get('/register', async (_req, res) => {
    res.send(registerPage(await frameOf(db, res), {}).text);
  });

  routes.post('/register', async (req, res) => {
    const { email = '', name = '', password = '' } = (req.body ?? {}) as Record<string, string>;
    const problem = problemOf(email, name, password);
    const user = problem === null ? await register(db, { email, name, password }) : null;
    if (user === null) {
      const again = { email, name, problem: problem ?? 'There is an account with this address. Sign in instead.' };
      return void res.status(422).send(registerPage(await frameOf(db, res), again).text);
    }
    await beginSession(db, res, user);
    res.redirect(303, '/cart');
  });

  routes.post('/sign-out', async (_req, res) => {
    await endSession(db, res);
    res.redirect(303, '/');
  });
  return routes;
}

/** Only a path of this shop: a sign-in must not lead to somebody else's page. */
const ownPath = (next: unknown): string => (/^\/(?![/\\])[\w/.-]*$/.test(String(next)) ? String(next) : '/');

function problemOf(email: string, name: string, password: string): string | null {
  if (!/^[^@\s]+@[^@\s]+$/.test(email.trim())) return 'Give an e-mail address.';
  if (name.trim() === '') return 'Give your name.';
  return password.length < 10 ? 'Choose a password of at least ten characters.' : null;
}
