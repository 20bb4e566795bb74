import { once } from 'node:events';
import type { Server } from 'node:http';
import { createApp } from '../../examples/shop-express/src/app.js';
import { readConfig } from '../../examples/shop-express/src/config.js';
import { migrate, openDatabase } from '../../examples/shop-express/src/database.js';
import { DEMO_USERS, fillWithDemoData } from '../../examples/shop-express/src/demo-data.js';
import { openPayments } from '../../examples/shop-express/src/payments/payments.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { freePort } from '../support/process.js';

export const [MALI, SOMCHAI, STAFF] = DEMO_USERS;

/** The shop of the example on a port of this machine, with a clock that a test can move on. */
export async function openShop({ databaseUrl }: { readonly databaseUrl?: string } = {}) {
  const config = readConfig({ PORT: String(await freePort()), DATABASE_URL: databaseUrl });
  let ahead = 0;
  const payments = await openPayments(config, {
    dataDir: await freshDirectory(),
    secretKey: 'a-secret-key-for-tests-that-is-long-enough',
    logger: { debug() {}, info() {}, warn() {}, error: console.error },
    clock: { now: () => new Date(Date.now() + ahead) },
    work: false,
    rateLimits: false,
  });
  const { pay } = payments;
  const db = databaseUrl === undefined ? pay.knex : openDatabase(databaseUrl);
  await migrate(db);
  await fillWithDemoData(db);
  const { token } = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'the shop’s own',
    preset: 'merchant_full',
  });
  const server: Server = createApp(db, payments).listen(config.port, config.host);
  await once(server, 'listening');
  whenFileEnds(async () => {
    server.closeAllConnections();
    server.close();
    await payments.stop();
    await db.destroy();
  });

  let keys = 0;
  return {
    url: config.shopUrl,
    pay,
    db,
    payments,
    /** Lets time pass, and everything happen that is due then. */
    async advance(minutes: number) {
      ahead += minutes * 60_000;
      await pay.settle();
    },
    /** The payer of test mode acts, through the API and with the shop's own key. */
    async payer(intent: string, event: string) {
      const answer = await fetch(`${config.shopUrl}/itpay/v1/test-helpers/payment-intents/${intent}/simulate`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'idempotency-key': `payer-${keys++}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ event }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      await pay.settle();
    },
  };
}

/** A customer without a browser: keeps cookies, sends forms, and follows nothing. */
export function visitor(url: string) {
  let cookie = '';
  const send = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, { ...init, redirect: 'manual', headers: { cookie } });
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
  };
  const post = (path: string, form: Record<string, string> = {}) =>
    send(path, { method: 'POST', body: new URLSearchParams(form) });
  return {
    get: send,
    post,
    signIn: ({ email, password }: { readonly email: string; readonly password: string }) =>
      post('/sign-in', { email, password }),
    /** Puts something into the cart and orders it. */
    async order(method = 'promptpay') {
      await post('/cart', { product: 'doi-chang' });
      const { location } = await post('/checkout', { method });
      return intentOf(location!);
    },
  };
}

/** The payment that a pay page is for. */
export const intentOf = (payUrl: string): string => /pi_[0-9a-z]+/.exec(payUrl)![0];
