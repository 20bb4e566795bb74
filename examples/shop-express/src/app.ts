import { fileURLToPath } from 'node:url';
import { mount } from '@itpay/express';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Knex } from 'knex';
import { frameOf } from './frame.js';
import type { Payments } from './payments/payments.js';
import { paymentRoutes } from './payments/routes.js';
import { shopRoutes } from './routes.js';
import { readSession } from './sessions.js';
import { messagePage } from './views.js';

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

/** The shop as an Express app. */
export function createApp(db: Knex, payments: Payments): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use('/itpay', mount(payments.pay));
  app.use((_req, res, next) => {
    res.set('content-security-policy', "default-src 'self'; frame-ancestors 'none'; base-uri 'none'");
    res.set('referrer-policy', 'same-origin');
    res.set('x-content-type-options', 'nosniff');
    next();
  });
  app.use(express.static(PUBLIC, { index: false, maxAge: '1h' }));
  app.use(express.urlencoded({ extended: false }), readSession(db));
  app.use((_req, res, next) => {
    res.set('cache-control', 'no-store'); // pages of somebody who signed in
    next();
  });
  app.use(shopRoutes(db, payments));
  app.use(paymentRoutes(db, payments));

  app.use(async (_req, res) => {
    res.status(404).send(messagePage(await frameOf(db, res), 'There is no such page.').text);
  });
  app.use((async (error, _req, res, _next) => {
    console.error(error);
    const words = 'Something went wrong. Nothing was charged; please try again.';
    res.status(500).send(messagePage(await frameOf(db, res), words).text);
  }) satisfies ErrorRequestHandler);
  return app;
}
